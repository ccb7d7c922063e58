/* Folds posts and estimates what the model would say of them: fanzha.normalize, fanzha.screen. */
#include "look.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EXPANDS 0x80000000U
#define EDGE 2
#define BLOCK_BITS 3
#define N_WINDOWS 4
#define WIDEST 5

/* Blocks of each window: fanzha.screen. */
static const int SIZES[N_WINDOWS] = {5, 3, 2, 1};

static int widen(Page *page, int64_t room) {
    size_t size = (size_t)room + 16;
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
    int32_t *block_ends = realloc(page->block_ends, size * sizeof *block_ends);
    if (block_ends) page->block_ends = block_ends;
    if (!codes || !kinds || !symbols || !string || !at || !columns || !block_ends) return 0;
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
    free(page->block_ends);
}

/* Writes the post as fanzha.normalize does, but for numerals; gives 0 where memory is short. */
int fold_post(const Look *look, const uint32_t *raw, int64_t n, Page *page) {
    if (n > page->room && !widen(page, n + n / 4)) return 0;
    int64_t length = 0;
    uint32_t changed = 0;
    for (int64_t place = 0; place < n; place++) {
        Sign sign = look->signs[raw[place]];
        changed |= sign.folded ^ raw[place];
        if (!(sign.folded & EXPANDS)) {
            page->codes[length] = sign.folded;
            page->kinds[length] = sign.kinds;
            page->symbols[length++] = sign.symbol;
            continue;
        }
        const uint32_t *becomes = look->expansions + (sign.folded ^ EXPANDS);
        uint32_t size = *becomes++;
        if (length + size + (n - place) > page->room &&
            !widen(page, 2 * (length + size + n - place)))
            return 0;
        for (uint32_t at = 0; at < size; at++) {
            page->codes[length] = becomes[at];
            page->kinds[length] = look->signs[becomes[at]].kinds;
            page->symbols[length++] = look->signs[becomes[at]].symbol;
        }
    }
    page->n = length;
    page->changed = changed != 0;
    return 1;
}

/* Gives under which sign a code point is read: digits are one, and so are blanks. */
static inline uint32_t read_sign(uint32_t code) {
    if (code >= '0' && code <= '9') return '0';
    return code == '\n' || code == '\t' ? ' ' : code;
}

/* Tells whether a sign stays that stands for the run-th time in a row. */
static inline int stays(uint32_t sign, int64_t run) {
    return run <= (sign == ' ' ? 1 : sign == '0' ? 4 : 3);
}

/* Finds the known n-grams of a page by blocks, with an edge before and behind it. What a block
   counts of signs stands in `symbols`, which is no longer needed then. */
void find_columns(const Sieve *sieve, Page *page) {
    uint64_t last[LONGEST_NGRAM] = {0};
    const KeyTable *table = &sieve->ngrams;
    int64_t n_columns = 0, run = 0, n_kept = 0, counted = 0;
    uint32_t before = EDGE + 1;
    for (int64_t place = 0; place <= page->n + 1; place++) {
        int is_edge = place == 0 || place > page->n;
        uint32_t sign = is_edge ? EDGE : read_sign(page->codes[place - 1]);
        run = sign == before ? run + 1 : 1;
        before = sign;
        if (stays(sign, run)) {
            uint64_t key = sign;
            n_kept++;
            counted += !is_edge;
            for (int n = 1; n <= LONGEST_NGRAM; n++) {
                if (n > 1) {
                    if (n > n_kept) break;
                    uint64_t longer = extend(last[n - 2], sign);
                    last[n - 2] = key;
                    key = longer;
                }
                if (n > 1 || !is_edge) {
                    uint64_t mixed = mix(key, (uint64_t)n);
                    if (may_hold(table, mixed)) {
                        int32_t column = find_held(table, mixed);
                        if (column >= 0) {
                            page->columns[n_columns++] = column;
                            PREFETCH(sieve->lanes + column * LANES);
                        }
                    }
                }
                if (n == n_kept && n < LONGEST_NGRAM) last[n - 1] = key;
            }
        }
        if ((place & ((1 << BLOCK_BITS) - 1)) == (1 << BLOCK_BITS) - 1 || place == page->n + 1) {
            page->block_ends[place >> BLOCK_BITS] = (int32_t)n_columns;
            page->symbols[place >> BLOCK_BITS] = (uint16_t)counted;
            counted = 0;
        }
    }
    page->n_columns = n_columns;
    page->n_blocks = ((page->n + 1) >> BLOCK_BITS) + 1;
}

/* Takes a stretch's sums into the best of each label, before the intercepts. */
static inline void judge(const Sieve *sieve, const float *sums, float margin, float *best) {
    float square = sums[sieve->n_labels];
    float scale = 1.0F / sqrtf(square > 1.0F ? square : 1.0F);
    for (int lane = 0; lane < LANES; lane++) {
        float found = sums[lane] * scale - margin;
        best[lane] = found > best[lane] ? found : best[lane];
    }
}

static inline void scale_sums(const Sieve *sieve, const int32_t *sums, int64_t n_signs,
                              float *out) {
    for (int lane = 0; lane < LANES; lane++) out[lane] = (float)sums[lane] * sieve->scales[lane];
    out[sieve->n_labels] += sieve->unknown * (float)n_signs;
}

/* Estimates the log-odds of a page by the best of the whole and its windows. Whole numbers are
   summed up, so that the order does not count. */
void estimate(const Sieve *sieve, const Page *page, float *out) {
    int32_t blocks[WIDEST][LANES];
    int64_t counts[WIDEST] = {0}, n_signs = 0, total[LANES] = {0};
    float best[LANES], sums[LANES];
    for (int lane = 0; lane < LANES; lane++) best[lane] = -1e30F;
    int64_t start = 0;
    for (int64_t number = 0; number < page->n_blocks; number++) {
        int32_t *restrict block = blocks[number % WIDEST];
        memset(block, 0, sizeof blocks[0]);
        for (int64_t at = start; at < page->block_ends[number]; at++) {
            const int16_t *restrict row = sieve->lanes + page->columns[at] * LANES;
            for (int lane = 0; lane < LANES; lane++) block[lane] += row[lane];
        }
        start = page->block_ends[number];
        counts[number % WIDEST] = page->symbols[number];
        n_signs += page->symbols[number];
        for (int lane = 0; lane < LANES; lane++) total[lane] += block[lane];
        int32_t window[LANES] = {0};
        int64_t n_window = 0;
        for (int size = 1, next = N_WINDOWS - 1; next >= 0 && size <= number + 1; size++) {
            int64_t other = (number + 1 - size) % WIDEST;
            for (int lane = 0; lane < LANES; lane++) window[lane] += blocks[other][lane];
            n_window += counts[other];
            if (size != SIZES[next]) continue;
            if (page->n_blocks > size) {
                scale_sums(sieve, window, n_window, sums);
                judge(sieve, sums, sieve->margins[next], best);
            }
            next--;
        }
    }
    for (int lane = 0; lane < LANES; lane++) sums[lane] = (float)total[lane] * sieve->scales[lane];
    sums[sieve->n_labels] += sieve->unknown * (float)n_signs;
    judge(sieve, sums, 0.0F, best);
    for (int64_t label = 0; label < sieve->n_labels; label++)
        out[label] = best[label] + sieve->intercepts[label];
}
