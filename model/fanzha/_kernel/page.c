/* Folds posts and estimates what the model would say of them: fanzha.normalize, fanzha.screen. */
#include "look.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EXPANDS 0x80000000U
#define EDGE 2
#define FIRST_CIRCLED 0x2460U /* ① ⓵ ❶ */
#define LAST_CIRCLED 0x277EU
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
    int32_t *repeated = realloc(page->repeated, LONGEST_NGRAM / 2 * size * sizeof *repeated);
    if (repeated) page->repeated = repeated;
    int32_t *block_ends = realloc(page->block_ends, size * sizeof *block_ends);
    if (block_ends) page->block_ends = block_ends;
    if (!codes || !kinds || !symbols || !string || !at || !columns || !repeated || !block_ends)
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
    free(page->block_ends);
}

/* Writes the post as fanzha.normalize does, but for numerals; gives 0 where memory is short. */
int fold_post(const Look *look, const uint32_t *raw, int64_t n, Page *page) {
    if (n > page->room && !widen(page, n + n / 4)) return 0;
    int64_t length = 0;
    uint32_t changed = 0, circled = 0;
    for (int64_t place = 0; place < n; place++) {
        Sign sign = look->signs[raw[place]];
        changed |= sign.folded ^ raw[place];
        circled |= raw[place] - FIRST_CIRCLED <= LAST_CIRCLED - FIRST_CIRCLED;
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
    page->circled = circled != 0;
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

/* Gives under which sign a code point is read: digits are one, and so are blanks. */
static inline uint32_t read_sign(uint32_t code) {
    if (code >= '0' && code <= '9') return '0';
    return code == '\n' || code == '\t' ? ' ' : code;
}

/* Tells whether a sign stays that stands for the run-th time in a row. */
static inline int stays(uint32_t sign, int64_t run) {
    return run <= (sign == ' ' ? 1 : sign == '0' ? 4 : 3);
}

/* Puts the columns of those keys that are in the table, without a branch for each: which are is
   as good as chance. Behind the table's keys stand three that are none. */
static inline int64_t put_columns(const Sieve *sieve, uint64_t *keys, int64_t n,
                                  int32_t *columns) {
    const KeyTable *table = &sieve->ngrams;
    int64_t n_held = 0, n_columns = 0;
    for (int64_t at = 0; at < n; at++) {
        uint64_t key = keys[at];
        keys[n_held] = key;
        n_held += may_hold(table, key);
    }
    for (int64_t at = 0; at < n_held; at++) {
        uint64_t key = keys[at], place = key >> table->shift;
        int32_t start = table->starts[place], found = -1;
        const uint64_t *held = table->keys + start;
        found = held[2] == key ? start + 2 : found;
        found = held[1] == key ? start + 1 : found;
        found = held[0] == key ? start : found;
        if (table->starts[place + 1] - start > 3) found = find_held(table, key);
        columns[n_columns] = found;
        n_columns += found >= 0;
        PREFETCH(sieve->lanes + found * LANES);
    }
    return n_columns;
}

/* Finds the known n-grams of a page by blocks, with an edge before and behind it. How many signs a
   block has is put into `symbols`, which are no longer needed then. */
void find_columns(const Sieve *sieve, Page *page) {
    uint64_t keys[(LONGEST_NGRAM << BLOCK_BITS) + 1], last[LONGEST_NGRAM] = {0};
    int64_t n_columns = 0, n_keys = 0, run = 0, n_kept = 0, counted = 0;
    uint32_t before = EDGE + 1;
    for (int64_t place = 0; place <= page->n + 1; place++) {
        int is_edge = place == 0 || place > page->n;
        uint32_t sign = is_edge ? EDGE : read_sign(page->codes[place - 1]);
        run = sign == before ? run + 1 : 1;
        before = sign;
        if (stays(sign, run)) {
            uint64_t two = extend(last[0], sign), three = extend(last[1], sign);
            uint64_t four = extend(last[2], sign);
            keys[n_keys] = mix(sign, 1);
            n_keys += !is_edge;
            keys[n_keys] = mix(two, 2);
            n_keys += n_kept > 0;
            keys[n_keys] = mix(three, 3);
            n_keys += n_kept > 1;
            keys[n_keys] = mix(four, 4);
            n_keys += n_kept > 2;
            last[0] = sign;
            last[1] = two;
            last[2] = three;
            n_kept++;
            counted += !is_edge;
        }
        if ((place & ((1 << BLOCK_BITS) - 1)) == (1 << BLOCK_BITS) - 1 || place == page->n + 1) {
            n_columns += put_columns(sieve, keys, n_keys, page->columns + n_columns);
            page->block_ends[place >> BLOCK_BITS] = (int32_t)n_columns;
            page->symbols[place >> BLOCK_BITS] = (uint16_t)counted;
            n_keys = counted = 0;
        }
    }
    page->n_columns = n_columns;
    page->n_blocks = ((page->n + 1) >> BLOCK_BITS) + 1;
}

/* Takes a stretch's sums into the best of each label, before the intercepts; gives whether one of
   them is not below its cut. */
static inline int judge(const Sieve *sieve, const float *restrict sums, float margin,
                        const float *restrict cuts, float *restrict best) {
    float square = sums[sieve->n_labels];
    float scale = 1.0F / sqrtf(square > 1.0F ? square : 1.0F);
    float found[LANES];
    int reached[LANES], any = 0;
    /* One loop for each step, so that it becomes instructions on many lanes. */
    for (int lane = 0; lane < LANES; lane++) found[lane] = sums[lane] * scale - margin;
    for (int lane = 0; lane < LANES; lane++)
        best[lane] = found[lane] > best[lane] ? found[lane] : best[lane];
    for (int lane = 0; lane < LANES; lane++) reached[lane] = found[lane] >= cuts[lane];
    for (int lane = 0; lane < LANES; lane++) any |= reached[lane];
    return any;
}

static inline void scale_sums(const Sieve *sieve, const int32_t *sums, int64_t n_signs,
                              float *out) {
    for (int lane = 0; lane < LANES; lane++) out[lane] = (float)sums[lane] * sieve->scales[lane];
    out[sieve->n_labels] += sieve->unknown * (float)n_signs;
}

/* Adds to the sums of a whole post, in which each n-gram counts as often as it stands there, what
   makes of its count 1 + ln(count): a long post says the same things again and again. Leaves zeros
   in `counts`. */
static void dampen(const Sieve *sieve, const Page *page, int64_t n_repeated, int32_t *counts,
                   float *sums) {
    float more[LANES] = {0.0F}, squares = 0.0F;
    for (int64_t at = 0; at < n_repeated; at++) {
        int32_t column = page->repeated[at], count = counts[column];
        float times = (float)count, tf = count < N_TF ? sieve->tf[count] : 1.0F + logf(times);
        const int16_t *restrict row = sieve->lanes + column * LANES;
        for (int lane = 0; lane < LANES; lane++) more[lane] += (tf - times) * (float)row[lane];
        float square = (float)row[sieve->n_labels] * sieve->scales[sieve->n_labels];
        squares += (tf * tf - times) * (square + sieve->unknown_square);
    }
    for (int64_t at = 0; at < page->n_columns; at++) counts[page->columns[at]] = 0;
    more[sieve->n_labels] = 0.0F;
    for (int lane = 0; lane < LANES; lane++) sums[lane] += more[lane] * sieve->scales[lane];
    sums[sieve->n_labels] += squares;
}

/* Takes note of some blocks of a post, together with those noted before that they touch; `first`
   is the number of the post's first spot. Before the first block and behind the last is an edge. */
static void note_spot(Cuts *cuts, int64_t first, const Page *page, int32_t post, int64_t block,
                      int64_t end_block) {
    int64_t start = (block << BLOCK_BITS) - 1, end = (end_block << BLOCK_BITS) - 1;
    start = start < 0 ? 0 : start;
    end = end > page->n ? page->n : end;
    while (cuts->n > first && cuts->spots[cuts->n - 1].end >= start) {
        cuts->n--;
        if (cuts->spots[cuts->n].first < start) start = cuts->spots[cuts->n].first;
    }
    cuts->spots[cuts->n++] = (Spot){post, (int32_t)start, (int32_t)end};
}

/* Estimates the log-odds of a page by the best of the whole and its windows. Whole numbers are
   summed up, so that the order does not count. Notes the spots of a post the whole of which is
   below the cuts, if there is room for all of them. */
void estimate(const Sieve *sieve, const Page *page, int32_t post, int32_t *counts, Cuts *cuts,
              float *out) {
    int32_t blocks[WIDEST][LANES];
    int64_t signs[WIDEST] = {0}, n_signs = 0, total[LANES] = {0}, first_spot = cuts->n;
    int64_t n_repeated = 0;
    float best[LANES], sums[LANES], least[LANES];
    int fits = cuts->cuts != NULL;
    for (int lane = 0; lane < LANES; lane++) {
        best[lane] = -1e30F;
        least[lane] = INFINITY;
    }
    for (int64_t label = 0; fits && label < sieve->n_labels; label++)
        least[label] = cuts->cuts[label] - sieve->intercepts[label];
    int64_t start = 0;
    for (int64_t number = 0; number < page->n_blocks; number++) {
        int32_t *restrict block = blocks[number % WIDEST];
        memset(block, 0, sizeof blocks[0]);
        for (int64_t at = start; at < page->block_ends[number]; at++) {
            int32_t column = page->columns[at];
            const int16_t *restrict row = sieve->lanes + column * LANES;
            for (int lane = 0; lane < LANES; lane++) block[lane] += row[lane];
            page->repeated[n_repeated] = column;
            n_repeated += ++counts[column] == 2;
        }
        start = page->block_ends[number];
        signs[number % WIDEST] = page->symbols[number];
        n_signs += page->symbols[number];
        for (int lane = 0; lane < LANES; lane++) total[lane] += block[lane];
        int32_t window[LANES] = {0};
        int64_t n_window = 0, n_reached = 0;
        for (int size = 1, next = N_WINDOWS - 1; next >= 0 && size <= number + 1; size++) {
            int64_t other = (number + 1 - size) % WIDEST;
            for (int lane = 0; lane < LANES; lane++) window[lane] += blocks[other][lane];
            n_window += signs[other];
            if (size != SIZES[next]) continue;
            if (page->n_blocks > size) {
                scale_sums(sieve, window, n_window, sums);
                if (judge(sieve, sums, sieve->margins[next], least, best)) n_reached = size;
            }
            next--;
        }
        if (!n_reached) continue;
        fits &= cuts->n < cuts->room;
        if (fits)
            note_spot(cuts, first_spot, page, post, number + 1 - n_reached, number + 1);
    }
    for (int lane = 0; lane < LANES; lane++) sums[lane] = (float)total[lane] * sieve->scales[lane];
    sums[sieve->n_labels] += sieve->unknown * (float)n_signs;
    dampen(sieve, page, n_repeated, counts, sums);
    if (judge(sieve, sums, 0.0F, least, best) || !fits) cuts->n = first_spot;
    for (int64_t label = 0; label < sieve->n_labels; label++)
        out[label] = best[label] + sieve->intercepts[label];
}
