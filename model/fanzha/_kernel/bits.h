/* Signs of one kind, a bit for each of 64 places: what most signs are not is then sought among the
   bits that are set. */
#ifndef FANZHA_BITS_H
#define FANZHA_BITS_H

#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BITS 64

/* Gives the lowest bit that is set of some. */
static inline int64_t lowest(uint64_t bits) {
#ifdef __GNUC__
    return __builtin_ctzll(bits);
#else
    int64_t at = 0;
    for (; !(bits & 1); bits >>= 1) at++;
    return at;
#endif
}

/* Gives a bit for each of the first n places. */
static inline uint64_t bits_before(int64_t n) {
    return n >= BITS ? ~0ULL : n > 0 ? (1ULL << n) - 1 : 0;
}

/* Gives the bits that stand so many places further on, at most 63; `next` are those behind these. */
static inline uint64_t bits_ahead(uint64_t bits, uint64_t next, int places) {
    return bits >> places | next << (BITS - places);
}

/* Gives a bit for each of 64 values that has one of the wanted bits. */
static inline uint64_t bits_with(const uint16_t *values, uint16_t wanted) {
    uint64_t bits = 0;
#ifdef __SSE2__
    const __m128i mask = _mm_set1_epi16((short)wanted), zero = _mm_setzero_si128();
    for (int at = 0; at < BITS; at += 16) {
        const __m128i *pair = (const __m128i *)(values + at);
        __m128i low = _mm_cmpeq_epi16(_mm_and_si128(_mm_loadu_si128(pair), mask), zero);
        __m128i high = _mm_cmpeq_epi16(_mm_and_si128(_mm_loadu_si128(pair + 1), mask), zero);
        bits |= (uint64_t)(uint16_t)~_mm_movemask_epi8(_mm_packs_epi16(low, high)) << at;
    }
#else
    for (int at = 0; at < BITS; at++) bits |= (uint64_t)((values[at] & wanted) != 0) << at;
#endif
    return bits;
}

/* Gives a bit for each of 64 values that is this one. */
static inline uint64_t bits_equal(const uint16_t *values, uint16_t value) {
    uint64_t bits = 0;
#ifdef __SSE2__
    const __m128i wanted = _mm_set1_epi16((short)value);
    for (int at = 0; at < BITS; at += 16) {
        const __m128i *pair = (const __m128i *)(values + at);
        __m128i low = _mm_cmpeq_epi16(wanted, _mm_loadu_si128(pair));
        __m128i high = _mm_cmpeq_epi16(wanted, _mm_loadu_si128(pair + 1));
        bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_packs_epi16(low, high)) << at;
    }
#else
    for (int at = 0; at < BITS; at++) bits |= (uint64_t)(values[at] == value) << at;
#endif
    return bits;
}

/* Gives a bit for each of 64 values that is at most this; all are below 0x8000. */
static inline uint64_t bits_up_to(const uint16_t *values, uint16_t most) {
    uint64_t bits = 0;
#ifdef __SSE2__
    const __m128i limit = _mm_set1_epi16((short)(most + 1));
    for (int at = 0; at < BITS; at += 16) {
        const __m128i *pair = (const __m128i *)(values + at);
        __m128i low = _mm_cmpgt_epi16(limit, _mm_loadu_si128(pair));
        __m128i high = _mm_cmpgt_epi16(limit, _mm_loadu_si128(pair + 1));
        bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_packs_epi16(low, high)) << at;
    }
#else
    for (int at = 0; at < BITS; at++) bits |= (uint64_t)(values[at] <= most) << at;
#endif
    return bits;
}

#endif
