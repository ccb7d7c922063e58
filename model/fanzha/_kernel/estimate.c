/* Estimates what the model would say of posts: fanzha.screen. */
#include "look.h"

#include <math.h>
#include <string.h>

#define EDGE 2
#define BLOCK_BITS 3
#define SIGNS_A_BLOCK (1 << BLOCK_BITS)
#define N_WINDOWS 4
#define WIDEST 5
#define QUADS (LANES / 4)
#define BLOCKS_A_PART 1024
#define CHUNK 256 /* signs; whole blocks */
#define LONGER (LONGEST_NGRAM - 1) /* n-grams of more than one sign that end at one */

/* Blocks of each window: fanzha.screen. */
static const int SIZES[N_WINDOWS] = {1, 2, 3, 5};

/* Gives under which sign a code point is read: digits are one, and so are blanks. */
static inline uint32_t read_sign(uint32_t code) {
    if (code >= '0' && code <= '9') return '0';
    return code == '\n' || code == '\t' ? ' ' : code;
}

/* Tells whether a sign stays that stands for the run-th time in a row. */
static inline int stays(uint32_t sign, int64_t run) {
    return run <= (sign == ' ' ? 1 : sign == '0' ? 4 : 3);
}

/* Gives the column of a key among those of several signs, or -1. */
static inline int32_t find_column(const Ngrams *table, uint64_t key) {
    uint64_t place = key >> table->shift;
    int32_t start = table->starts[place], end = table->starts[place + 1], found = -1;
    const uint32_t *tags = table->tags + start;
    uint32_t tag = (uint32_t)key;
    /* Without a branch for each: where it stands is as good as chance. Three tags stand behind. */
    found = tags[2] == tag && end - start > 2 ? start + 2 : found;
    found = tags[1] == tag && end - start > 1 ? start + 1 : found;
    found = tags[0] == tag && end - start > 0 ? start : found;
    for (int32_t at = start + 3; at < end; at++) found = table->tags[at] == tag ? at : found;
    return found < 0 ? -1 : found + table->first;
}

static inline int may_hold_ngram(const Ngrams *table, uint64_t key) {
    uint64_t mark = key >> (table->shift - 4);
    return table->marks[mark >> 3] >> (mark & 7) & 1;
}

/* Some signs that follow one another, without those that do not stay, by blocks. */
typedef struct {
    uint32_t signs[CHUNK];
    uint64_t keys[CHUNK * LONGER];
    int32_t singles[CHUNK];
    uint16_t held[CHUNK * LONGER];
    int64_t ends[CHUNK >> BLOCK_BITS];
    int64_t n;
} Chunk;

/* Before how many n-grams a sign from the first on is no end of one of two, three and four. */
static const uint8_t HAS_BEFORE[LONGER * LONGER] = {0, 0, 0, 1, 0, 0, 1, 1, 0};

/* Gives how many of a chunk's keys may be in the table, and puts which into `held`. */
static inline int64_t filter(const Ngrams *table, Chunk *chunk, int is_first) {
    int64_t n_held = 0, at = 0;
    for (; is_first && at < LONGER * LONGER && at < LONGER * chunk->n; at++) {
        chunk->held[n_held] = (uint16_t)at;
        n_held += HAS_BEFORE[at] && may_hold_ngram(table, chunk->keys[at]);
    }
    for (; at < LONGER * chunk->n; at++) {
        chunk->held[n_held] = (uint16_t)at;
        n_held += may_hold_ngram(table, chunk->keys[at]);
    }
    /* Memory is asked for all of them before it is waited for. */
    for (at = 0; at < n_held; at++)
        PREFETCH(table->starts + (chunk->keys[chunk->held[at]] >> table->shift));
    for (at = 0; at < n_held; at++)
        PREFETCH(table->tags + table->starts[chunk->keys[chunk->held[at]] >> table->shift]);
    return n_held;
}

/* Finds the known n-grams of a page by blocks, with an edge before and behind it: their columns,
   before the NUMBER_BITS that tell which of its block's n-grams each is. Those of one sign stand first.
   How many signs a block has is put into `symbols`, which are no longer needed then. */
void find_columns(const Sieve *sieve, Page *page) {
    Chunk chunk;
    uint64_t last[LONGER] = {0};
    int64_t n_columns = 0, run = 0, n_places = page->n + 2;
    uint32_t before = EDGE + 1;
    for (int64_t first = 0; first < n_places; first += CHUNK) {
        int64_t end = first + CHUNK < n_places ? first + CHUNK : n_places, n = 0;
        for (int64_t place = first; place < end; place++) {
            int is_edge = place == 0 || place + 1 == n_places;
            uint32_t sign = is_edge ? EDGE : read_sign(page->codes[place - 1]);
            run = sign == before ? run + 1 : 1;
            before = sign;
            chunk.signs[n] = sign;
            n += stays(sign, run);
            chunk.ends[(place - first) >> BLOCK_BITS] = n;
        }
        chunk.n = n;
        for (int64_t at = 0; at < n; at++) {
            uint32_t sign = chunk.signs[at];
            uint64_t two = extend(last[0], sign), three = extend(last[1], sign);
            uint64_t four = extend(last[2], sign);
            chunk.keys[LONGER * at] = mix(two, 2);
            chunk.keys[LONGER * at + 1] = mix(three, 3);
            chunk.keys[LONGER * at + 2] = mix(four, 4);
            last[0] = sign;
            last[1] = two;
            last[2] = three;
            chunk.singles[at] = sign < N_SINGLES ? sieve->singles[sign]
                                                 : find_column(&sieve->ngrams, mix(sign, 1));
        }
        if (first == 0) chunk.singles[0] = -1;
        int ends_in_edge = end == n_places && stays(before, run);
        if (ends_in_edge) chunk.singles[n - 1] = -1;
        int64_t n_held = filter(&sieve->ngrams, &chunk, first == 0), next = 0, at = 0;
        for (int64_t block = first >> BLOCK_BITS; block << BLOCK_BITS < end; block++) {
            int64_t start = at, stop = chunk.ends[block - (first >> BLOCK_BITS)];
            page->symbols[block] = (uint16_t)(stop - start);
            for (; at < stop; at++) {
                int32_t column = chunk.singles[at];
                page->columns[n_columns] = column * (1 << NUMBER_BITS) + (int32_t)(4 * (at - start));
                n_columns += column >= 0;
                PREFETCH(sieve->lanes + column * LANES);
            }
            for (; next < n_held && chunk.held[next] < LONGER * stop; next++) {
                int64_t which = chunk.held[next], sign = which / LONGER;
                int32_t column = find_column(&sieve->ngrams, chunk.keys[which]);
                int64_t number = 4 * (sign - start) + 1 + (which - LONGER * sign);
                page->columns[n_columns] = column * (1 << NUMBER_BITS) + (int32_t)number;
                n_columns += column >= 0;
                PREFETCH(sieve->lanes + column * LANES);
            }
            page->block_ends[block] = (int32_t)n_columns;
        }
        if (first == 0) page->symbols[0]--;
        if (ends_in_edge) page->symbols[(n_places - 1) >> BLOCK_BITS]--;
    }
    page->n_columns = n_columns;
    page->n_blocks = ((page->n + 1) >> BLOCK_BITS) + 1;
}

/* Lanes that are worked on together; each step is the same for all of them, in the same order. */
typedef float Floats __attribute__((vector_size(16)));
typedef int32_t Whole __attribute__((vector_size(16)));
typedef int16_t Short __attribute__((vector_size(8)));

static inline Floats greater(Floats one, Floats other) {
    Whole is = one > other;
    return (Floats)((is & (Whole)one) | (~is & (Whole)other));
}

static inline int any(Whole is) { return (is[0] | is[1] | is[2] | is[3]) != 0; }

static inline Whole load_row(const int16_t *row) {
    Short some;
    memcpy(&some, row, sizeof some);
    return __builtin_convertvector(some, Whole);
}

static inline Floats load(const float *from) {
    Floats some;
    memcpy(&some, from, sizeof some);
    return some;
}

/* What is held against each label's sums, and the best of all stretches, before the intercepts. */
typedef struct {
    Floats scales[QUADS], least[QUADS], best[QUADS];
} Bars;

/* Takes a stretch's sums, which are scaled, into the best of each label; gives whether one of them
   is not below its cut. `scale` divides by the length of what was read. */
static inline int judge(Bars *bars, const Floats *sums, Floats scale, Floats margin, int n_quads) {
    Whole reached = {0};
    for (int quad = 0; quad < n_quads; quad++) {
        Floats found = sums[quad] * scale - margin;
        bars->best[quad] = greater(found, bars->best[quad]);
        reached |= found >= bars->least[quad];
    }
    return any(reached);
}

static inline Floats all(float value) { return (Floats){value, value, value, value}; }

static inline float scale_of(float square) { return 1.0F / sqrtf(square > 1.0F ? square : 1.0F); }

/* Adds to the sums of a whole post, in which each n-gram counts as often as it stands there, what
   makes of its count 1 + ln(count): a long post says the same things again and again. Leaves zeros
   in `counts`. */
static void dampen(const Sieve *sieve, const Page *page, int64_t n_repeated, int32_t *counts,
                   float *sums) {
    Floats more[QUADS] = {{0.0F}};
    float extra[LANES], squares = 0.0F;
    for (int64_t at = 0; at < n_repeated; at++) {
        int32_t column = page->repeated[at], count = counts[column];
        float times = (float)count, tf = count < N_TF ? sieve->tf[count] : 1.0F + logf(times);
        const int16_t *row = sieve->lanes + column * LANES;
        for (int quad = 0; quad < QUADS; quad++)
            more[quad] += all(tf - times) * __builtin_convertvector(load_row(row + 4 * quad), Floats);
        float square = (float)row[sieve->n_labels] * sieve->scales[sieve->n_labels];
        squares += (tf * tf - times) * (square + sieve->unknown_square);
    }
    for (int64_t at = 0; at < n_repeated; at++) counts[page->repeated[at]] = 0;
    memcpy(extra, more, sizeof extra);
    extra[sieve->n_labels] = 0.0F;
    for (int lane = 0; lane < LANES; lane++) sums[lane] += extra[lane] * sieve->scales[lane];
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

/* Counts the columns of a block that stood somewhere before. Leaves those that do so for the first
   time, by their number in the block and without it, and gives how many these are. */
static inline int64_t count_repeated(int32_t *columns, int64_t n, int32_t *counts) {
    int64_t n_new = 0;
    for (int64_t at = 0; at < n; at++) {
        int32_t one = columns[at], column = one >> NUMBER_BITS, count = counts[column];
        counts[column] = count ? count + 1 : 2;
        columns[n_new] = one;
        n_new += !count;
    }
    for (int64_t at = 1; at < n_new; at++) {
        int32_t one = columns[at];
        int64_t to = at;
        for (; to && (columns[to - 1] & LAST_NUMBER) > (one & LAST_NUMBER); to--)
            columns[to] = columns[to - 1];
        columns[to] = one;
    }
    for (int64_t at = 0; at < n_new; at++) columns[at] >>= NUMBER_BITS;
    return n_new;
}

/* Estimates the log-odds of a page by the best of the whole and its windows. Whole numbers are
   summed up, so that the order does not count. Notes the spots of a post the whole of which is
   below the cuts, if there is room for all of them. Looks at the first lanes only. */
static ALWAYS_INLINE void estimate_lanes(const Sieve *sieve, const Page *page, int32_t post,
                                         int32_t *counts, Cuts *cuts, float *out, int n_quads) {
    Whole blocks[WIDEST][QUADS];
    Whole part[QUADS] = {{0}};
    int64_t signs[WIDEST] = {0}, n_signs = 0, total[LANES] = {0}, first_spot = cuts->n;
    int64_t n_repeated = 0, start = 0, n_labels = sieve->n_labels;
    float sums[LANES], least[LANES], best[LANES];
    uint32_t *met = (uint32_t *)(counts + sieve->n_rows); /* a bit for each column */
    int fits = cuts->cuts != NULL;
    Bars bars;
    for (int lane = 0; lane < LANES; lane++) least[lane] = INFINITY;
    for (int64_t label = 0; fits && label < n_labels; label++)
        least[label] = cuts->cuts[label] - sieve->intercepts[label];
    for (int quad = 0; quad < QUADS; quad++) {
        bars.scales[quad] = load(sieve->scales + 4 * quad);
        bars.least[quad] = load(least + 4 * quad);
        bars.best[quad] = all(-1e30F);
    }
    for (int64_t number = 0; number < page->n_blocks; number++) {
        Whole block[QUADS] = {{0}};
        int64_t n_before = n_repeated;
        for (int64_t at = start; at < page->block_ends[number]; at++) {
            int32_t numbered = page->columns[at], column = numbered >> NUMBER_BITS;
            const int16_t *row = sieve->lanes + column * LANES;
            for (int quad = 0; quad < n_quads; quad++) block[quad] += load_row(row + 4 * quad);
            uint32_t bits = met[column >> 5], bit = 1U << (column & 31);
            met[column >> 5] = bits | bit;
            page->repeated[n_repeated] = numbered;
            n_repeated += (bits & bit) != 0;
        }
        int32_t *again = page->repeated + n_before;
        n_repeated = n_before + count_repeated(again, n_repeated - n_before, counts);
        start = page->block_ends[number];
        signs[number % WIDEST] = page->symbols[number];
        n_signs += page->symbols[number];
        for (int quad = 0; quad < n_quads; quad++) {
            blocks[number % WIDEST][quad] = block[quad];
            part[quad] += block[quad];
        }
        /* So many cannot be too great for 32 bits. */
        if ((number & (BLOCKS_A_PART - 1)) == BLOCKS_A_PART - 1 || number + 1 == page->n_blocks)
            for (int lane = 0; lane < 4 * n_quads; lane++) {
                total[lane] += part[lane / 4][lane % 4];
                part[lane / 4][lane % 4] = 0;
            }
        Whole window[QUADS] = {{0}};
        Floats windows[N_WINDOWS][QUADS], squares = all(1.0F);
        int64_t n_window = 0, n_reached = 0;
        int n_windows = 0;
        for (int size = 1; size <= WIDEST && size <= number + 1 && size < page->n_blocks; size++) {
            int64_t other = (number + 1 - size) % WIDEST;
            for (int quad = 0; quad < n_quads; quad++) window[quad] += blocks[other][quad];
            n_window += signs[other];
            if (size != SIZES[n_windows]) continue;
            for (int quad = 0; quad < n_quads; quad++)
                windows[n_windows][quad] =
                    __builtin_convertvector(window[quad], Floats) * bars.scales[quad];
            float square = windows[n_windows][n_labels / 4][n_labels % 4] +
                           sieve->unknown * (float)n_window;
            squares[n_windows++] = square > 1.0F ? square : 1.0F;
        }
        /* Four roots and quotients take the time of one. */
        for (int at = 0; at < 4; at++) squares[at] = sqrtf(squares[at]);
        squares = all(1.0F) / squares;
        for (int at = 0; at < n_windows; at++)
            if (judge(&bars, windows[at], all(squares[at]),
                      all(sieve->margins[N_WINDOWS - 1 - at]), n_quads))
                n_reached = SIZES[at];
        if (!n_reached) continue;
        fits &= cuts->n < cuts->room;
        if (fits)
            note_spot(cuts, first_spot, page, post, number + 1 - n_reached, number + 1);
    }
    for (int lane = 0; lane < LANES; lane++) sums[lane] = (float)total[lane] * sieve->scales[lane];
    sums[n_labels] += sieve->unknown * (float)n_signs;
    for (int64_t at = 0; at < page->n_columns; at++)
        met[page->columns[at] >> (NUMBER_BITS + 5)] = 0;
    dampen(sieve, page, n_repeated, counts, sums);
    Floats whole[QUADS];
    memcpy(whole, sums, sizeof whole);
    if (judge(&bars, whole, all(scale_of(sums[n_labels])), all(0.0F), n_quads) || !fits)
        cuts->n = first_spot;
    memcpy(best, bars.best, sizeof best);
    for (int64_t label = 0; label < n_labels; label++)
        out[label] = best[label] + sieve->intercepts[label];
}

/* Puts the estimates of a page's log-odds into `out`, and its spots into `cuts`. */
void estimate(const Sieve *sieve, const Page *page, int32_t post, int32_t *counts, Cuts *cuts,
              float *out) {
    if (sieve->n_labels < LANES - 4)
        estimate_lanes(sieve, page, post, counts, cuts, out, QUADS - 1);
    else
        estimate_lanes(sieve, page, post, counts, cuts, out, QUADS);
}
