/* Tells where single signs may stand in a row that a separator parts: fanzha.rows. */
#include "look.h"

#define FIRST_HAN 0x3400
#define N_HAN 0x6C00 /* up to 0x9FFF */
#define DOT 0x4E36 /* a character that is used as a dot */
#define ZERO 0x3007 /* a digit that looks like one */
#define FIRST_RARE 0x20000
#define N_RARE 0x20000
#define LEAST_ALONE 4 /* of a row's six signs, as its first and last may be those of words */
#define LEAST_HAN 2 /* of these */
#define FARTHEST 24 /* from one such sign to the next */

static inline int is_row_sign(uint32_t code) {
    return (code - FIRST_HAN < N_HAN && code != DOT) | (code - 'a' < 26) | (code - '0' < 10) |
           (code == ZERO) | (code - FIRST_RARE < N_RARE);
}

/* Gives a bit for each of 64 code points that a row may be made of. */
static inline uint64_t find_signs(const uint32_t *codes) {
    uint8_t flags[BITS];
    uint64_t bits = 0;
    for (int at = 0; at < BITS; at++) flags[at] = (uint8_t)-is_row_sign(codes[at]);
#ifdef __SSE2__
    for (int at = 0; at < BITS; at += 16)
        bits |= (uint64_t)_mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(flags + at))) << at;
#else
    for (int at = 0; at < BITS; at++) bits |= (uint64_t)(flags[at] & 1) << at;
#endif
    return bits;
}

/* Tells whether no other sign stands between one and another, nor too much else. */
static int follows(const Page *page, int64_t last, int64_t place) {
    if (place - last > FARTHEST) return 0;
    while (++last < place)
        if (is_row_sign(page->codes[last])) return 0;
    return 1;
}

/* Takes note of the first place where there may be a row; gives what is seen of the post then. */
uint32_t seek_rows(const Page *page, Open *open) {
    int64_t last = 0;
    int n = 0, n_han = 0;
    uint64_t before = 0, signs = 0;
    uint64_t behind = page->n ? find_signs(page->codes) & bits_before(page->n) : 0;
    for (int64_t base = 0; base < page->n; base += BITS) {
        int64_t rest = page->n - base;
        before = signs;
        signs = behind;
        behind = rest > BITS ? find_signs(page->codes + base + BITS) & bits_before(rest - BITS) : 0;
        uint64_t alone = signs & ~bits_ahead(before, signs, BITS - 1) & ~bits_ahead(signs, behind, 1);
        for (; alone; alone &= alone - 1) {
            int64_t place = base + lowest(alone);
            if (!n || !follows(page, last, place)) n = n_han = 0;
            n++;
            n_han += page->codes[place] >= ZERO;
            last = place;
            if (n >= LEAST_ALONE && n_han >= LEAST_HAN) return note(open, 0, ROW, place, place);
        }
    }
    return 0;
}
