/* Folds posts: fanzha.normalize. */
#include "look.h"

#include <stdlib.h>
#include <string.h>

#define EXPANDS 0x80000000U
#define FIRST_CIRCLED 0x2460U /* ① ⓵ ❶ */
#define LAST_CIRCLED 0x277EU
#define AT_ONCE 8

static int widen(Page *page, int64_t room) {
    size_t size = (size_t)room + BITS;
    uint32_t *codes = realloc(page->codes, size * sizeof *codes);
    if (codes) page->codes = codes;
    uint16_t *kinds = realloc(page->kinds, size * sizeof *kinds);
    if (kinds) page->kinds = kinds;
    uint16_t *symbols = realloc(page->symbols, size * sizeof *symbols);
    if (symbols) page->symbols = symbols;
    uint16_t *string = realloc(page->string, size * sizeof *string);
    if (string) page->string = string;
    int32_t *at = realloc(page->at, size * sizeof *at);
    if (at) page->at = at;
    int32_t *columns = realloc(page->columns, LONGEST_NGRAM * size * sizeof *columns);
    if (columns) page->columns = columns;
    int32_t *repeated = realloc(page->repeated, LONGEST_NGRAM * size * sizeof *repeated);
    if (repeated) page->repeated = repeated;
    /* A sentence has two signs, but for the first and those that are cut. */
    int32_t *edges = realloc(page->edges, size * sizeof *edges);
    if (edges) page->edges = edges;
    int32_t *stops = realloc(page->stops, size * sizeof *stops);
    if (stops) page->stops = stops;
    int32_t *piece_ends = realloc(page->piece_ends, 2 * size * sizeof *piece_ends);
    if (piece_ends) page->piece_ends = piece_ends;
    int32_t *own = realloc(page->own, LONGEST_NGRAM * size * sizeof *own);
    if (own) page->own = own;
    int32_t *own_ends = realloc(page->own_ends, 2 * size * sizeof *own_ends);
    if (own_ends) page->own_ends = own_ends;
    if (!codes || !kinds || !symbols || !string || !at || !columns || !repeated || !edges ||
        !stops || !piece_ends || !own || !own_ends)
        return 0;
    page->room = room;
    return 1;
}

int open_page(Page *page) {
    memset(page, 0, sizeof *page);
    return widen(page, 1024);
}

void close_page(Page *page) {
    free(page->codes);
    free(page->kinds);
    free(page->symbols);
    free(page->string);
    free(page->at);
    free(page->columns);
    free(page->repeated);
    free(page->edges);
    free(page->stops);
    free(page->piece_ends);
    free(page->own);
    free(page->own_ends);
}

#ifdef __SSE2__
static inline __m128i load(const uint32_t *from) { return _mm_loadu_si128((const __m128i *)from); }

static inline void store(void *to, __m128i values) { _mm_storeu_si128((__m128i *)to, values); }

/* Puts eight signed values of 32 bits, all of which 16 hold, side by side. */
static inline __m128i pack(__m128i low, __m128i high) { return _mm_packs_epi32(low, high); }

/* Gives the lower 16 bits of values, as signed ones. */
static inline __m128i lower_half(__m128i values) {
    return _mm_srai_epi32(_mm_slli_epi32(values, 16), 16);
}

/* Gives the rows of two code points. */
static inline __m128i read_two(const Look *look, const uint32_t *raw) {
    return _mm_unpacklo_epi64(_mm_loadl_epi64((const __m128i *)(look->signs + raw[0])),
                              _mm_loadl_epi64((const __m128i *)(look->signs + raw[1])));
}

/* Gives every other of two vectors' lanes from the first, or from the second, on. */
#define EVERY_OTHER(low, high, first)                                                              \
    _mm_castps_si128(_mm_shuffle_ps(_mm_castsi128_ps(low), _mm_castsi128_ps(high),                 \
                                    (first) ? _MM_SHUFFLE(3, 1, 3, 1) : _MM_SHUFFLE(2, 0, 2, 0)))

static inline __m128i circled_of(__m128i raw) {
    return _mm_and_si128(_mm_cmpgt_epi32(raw, _mm_set1_epi32(FIRST_CIRCLED - 1)),
                         _mm_cmplt_epi32(raw, _mm_set1_epi32(LAST_CIRCLED + 1)));
}

/* Folds signs while each of the next AT_ONCE becomes one; gives how many. */
static int64_t fold_plain(const Look *look, const uint32_t *raw, int64_t n, Page *page) {
    const __m128i nothing = _mm_setzero_si128();
    __m128i changed = nothing, circled = nothing, all = nothing;
    int64_t place = 0;
    for (; place + AT_ONCE <= n; place += AT_ONCE) {
        const uint32_t *some = raw + place;
        __m128i first = read_two(look, some), second = read_two(look, some + 2);
        __m128i third = read_two(look, some + 4), fourth = read_two(look, some + 6);
        __m128i low = EVERY_OTHER(first, second, 0), high = EVERY_OTHER(third, fourth, 0);
        if (_mm_movemask_ps(_mm_castsi128_ps(_mm_or_si128(low, high)))) break; /* EXPANDS */
        __m128i raw_low = load(some), raw_high = load(some + 4);
        __m128i differing = _mm_or_si128(_mm_xor_si128(raw_low, low), _mm_xor_si128(raw_high, high));
        changed = _mm_or_si128(changed, differing);
        circled = _mm_or_si128(circled, _mm_or_si128(circled_of(raw_low), circled_of(raw_high)));
        store(page->codes + page->n, low);
        store(page->codes + page->n + 4, high);
        low = EVERY_OTHER(first, second, 1);
        high = EVERY_OTHER(third, fourth, 1);
        store(page->symbols + page->n, pack(_mm_srai_epi32(low, 16), _mm_srai_epi32(high, 16)));
        __m128i kinds = pack(lower_half(low), lower_half(high));
        store(page->kinds + page->n, kinds);
        all = _mm_or_si128(all, kinds);
        page->n += AT_ONCE;
    }
    uint16_t kinds[AT_ONCE];
    store(kinds, all);
    for (int at = 0; at < AT_ONCE; at++) page->all |= kinds[at];
    page->changed |= _mm_movemask_epi8(_mm_cmpeq_epi32(changed, nothing)) != 0xFFFF;
    page->circled |= _mm_movemask_epi8(circled) != 0;
    return place;
}
#else
static int64_t fold_plain(const Look *look, const uint32_t *raw, int64_t n, Page *page) {
    (void)look, (void)raw, (void)n, (void)page;
    return 0;
}
#endif

static inline void put_sign(const Look *look, uint32_t folded, uint32_t code, Page *page) {
    page->all |= look->signs[code].kinds;
    page->codes[page->n] = folded;
    page->kinds[page->n] = look->signs[code].kinds;
    page->symbols[page->n++] = look->signs[code].symbol;
}

/* Folds a sign, behind which so many stand; gives 0 where memory is short. */
static int fold_sign(const Look *look, uint32_t raw, int64_t n_behind, Page *page) {
    uint32_t folded = look->signs[raw].folded;
    page->changed |= folded != raw;
    page->circled |= raw >= FIRST_CIRCLED && raw <= LAST_CIRCLED;
    if (!(folded & EXPANDS)) {
        put_sign(look, folded, raw, page);
        return 1;
    }
    const uint32_t *becomes = look->expansions + (folded ^ EXPANDS);
    uint32_t size = *becomes++;
    int64_t room = page->n + size + n_behind;
    if (room > page->room && !widen(page, 2 * room)) return 0;
    for (uint32_t at = 0; at < size; at++) put_sign(look, becomes[at], becomes[at], page);
    if (size) page->kinds[page->n - 1] |= look->signs[raw].kinds; /* of a Roman digit */
    return 1;
}

/* Writes the post as fanzha.normalize does, but for numerals; gives 0 where memory is short. */
int fold_post(const Look *look, const uint32_t *raw, int64_t n, Page *page) {
    if (n > page->room && !widen(page, n + n / 4)) return 0;
    page->n = page->all = 0;
    page->changed = page->circled = 0;
    for (int64_t place = 0; place < n;) {
        place += fold_plain(look, raw + place, n - place, page);
        int64_t end = place + AT_ONCE < n ? place + AT_ONCE : n;
        for (; place < end; place++)
            if (!fold_sign(look, raw[place], n - place, page)) return 0;
    }
    return 1;
}

/* Writes posts as fanzha.normalize does, but for numerals: what each becomes into `out`, ending at
   `ends`, and where in its post each sign stood into `origin`. Gives how many signs these are, or
   less than 0 where more than `room` would be needed: -1 less as many. */
int64_t fanzha_fold(const Look *look, const uint32_t *codes, const int64_t *offsets,
                    int64_t n_posts, uint32_t *out, int32_t *origin, int64_t *ends, int64_t room) {
    int64_t length = 0;
    for (int64_t post = 0; post < n_posts; post++) {
        for (int64_t place = offsets[post]; place < offsets[post + 1]; place++) {
            uint32_t folded = look->signs[codes[place]].folded, one = folded, size = 1;
            const uint32_t *becomes = &one;
            if (folded & EXPANDS) {
                becomes = look->expansions + (folded ^ EXPANDS);
                size = *becomes++;
            }
            for (uint32_t at = 0; at < size; at++, length++) {
                if (length >= room) continue;
                out[length] = becomes[at];
                origin[length] = (int32_t)(place - offsets[post]);
            }
        }
        ends[post] = length;
    }
    return length > room ? -1 - length : length;
}
