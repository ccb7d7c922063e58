/* Estimates what the model would say of posts: fanzha.screen. */
#include "look.h"
#include "windows.h"

#include <math.h>
#include <string.h>

#define QUADS (LANES / 4)
#define COLUMNS_A_PART 32768 /* so many rows cannot add up to too much for 32 bits */

/* Lanes that are worked on together; each step is the same for all of them, in the same order. */
typedef float Floats __attribute__((vector_size(16)));
typedef int32_t Whole __attribute__((vector_size(16)));
typedef uint32_t Sums __attribute__((vector_size(16)));
typedef int16_t Short __attribute__((vector_size(8)));

static inline Floats greater(Floats one, Floats other) {
    Whole is = one > other;
    return (Floats)((is & (Whole)one) | (~is & (Whole)other));
}

static inline int any(Whole is) { return (is[0] | is[1] | is[2] | is[3]) != 0; }

static inline Sums load_row(const int16_t *row) {
    Short some;
    memcpy(&some, row, sizeof some);
    return (Sums)__builtin_convertvector(some, Whole);
}

static inline Floats load(const float *from) {
    Floats some;
    memcpy(&some, from, sizeof some);
    return some;
}

/* What is held against each label's sums, and the best of all stretches, before the intercepts. */
typedef struct {
    Floats scales[QUADS], margins[QUADS], least[QUADS], best[QUADS];
} Bars;

/* Takes a stretch's sums, which are scaled, into the best of each label; gives whether one of them
   is not below its cut. `scale` divides by the length of what was read. */
static inline int judge(Bars *bars, const Floats *sums, Floats scale, const Floats *margins,
                        int n_quads) {
    Whole reached = {0};
    for (int quad = 0; quad < n_quads; quad++) {
        Floats found = sums[quad] * scale - margins[quad];
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
            more[quad] += all(tf - times) * __builtin_convertvector((Whole)load_row(row + 4 * quad), Floats);
        float square = (float)row[sieve->n_labels] * sieve->scales[sieve->n_labels];
        squares += (tf * tf - times) * (square + sieve->unknown_square);
    }
    for (int64_t at = 0; at < n_repeated; at++) counts[page->repeated[at]] = 0;
    memcpy(extra, more, sizeof extra);
    extra[sieve->n_labels] = 0.0F;
    for (int lane = 0; lane < LANES; lane++) sums[lane] += extra[lane] * sieve->scales[lane];
    sums[sieve->n_labels] += squares;
}

/* Counts the columns of a piece that stood somewhere before. Leaves those that do so for the first
   time, without their number, and gives how many these are. */
static inline int64_t count_repeated(int32_t *columns, int64_t n, int32_t *counts) {
    int64_t n_new = 0;
    for (int64_t at = 0; at < n; at++) {
        int32_t column = columns[at] >> NUMBER_BITS, count = counts[column];
        counts[column] = count ? count + 1 : 2;
        columns[n_new] = column;
        n_new += !count;
    }
    return n_new;
}

/* What stands before a sentence, taken from what stands before a later window's end, leaves the
   window's sums. Whole numbers are added, so that the order does not count; they may run over, and
   their differences are right. */
static ALWAYS_INLINE void begin_sentence(const Sieve *sieve, const Page *page, int64_t sentence,
                                         const Sums *before, Sums *start, int n_quads) {
    for (int quad = 0; quad < n_quads; quad++) start[quad] = before[quad];
    /* N-grams that begin before it and end in it. */
    int64_t signs = 0;
    for (int64_t piece = 2 * sentence; signs < LONGEST_NGRAM - 1 && piece < 2 * page->n_sentences;
         piece++) {
        for (int64_t at = page->piece_ends[piece - 1]; at < page->piece_ends[piece]; at++) {
            int64_t number = page->columns[at] & LAST_NUMBER;
            if ((number & 3) <= signs + (number >> 2)) continue;
            const int16_t *row = sieve->lanes + (page->columns[at] >> NUMBER_BITS) * LANES;
            for (int quad = 0; quad < n_quads; quad++) start[quad] += load_row(row + 4 * quad);
        }
        int64_t stop = piece & 1 ? page->edges[piece / 2 + 1] : page->stops[piece / 2];
        signs = stop - page->edges[sentence];
    }
    for (int64_t at = page->own_ends[2 * sentence - 1]; at < page->own_ends[2 * sentence]; at++) {
        const int16_t *row = sieve->lanes + page->own[at] * LANES;
        for (int quad = 0; quad < n_quads; quad++) start[quad] -= load_row(row + 4 * quad);
    }
}

/* Judges the windows that end with a sentence; `starts` has what begin_sentence gave of the last
   ones, `before` what stands before its end. Notes those that are spots if they are asked for. */
static ALWAYS_INLINE void judge_windows(const Sieve *sieve, const Page *page, int64_t sentence,
                                        const Sums *before, const Sums starts[][QUADS], Bars *bars,
                                        int32_t post, Cuts *cuts, int *fits, int n_quads) {
    int64_t n_labels = sieve->n_labels;
    Sums end[QUADS];
    Floats sums[MOST_SENTENCES][QUADS];
    float squares[MOST_SENTENCES];
    int32_t from[MOST_SENTENCES];
    int n = 0;
    for (int quad = 0; quad < n_quads; quad++) end[quad] = before[quad];
    for (int64_t at = page->own_ends[2 * sentence]; at < page->own_ends[2 * sentence + 1]; at++) {
        const int16_t *row = sieve->lanes + page->own[at] * LANES;
        for (int quad = 0; quad < n_quads; quad++) end[quad] += load_row(row + 4 * quad);
    }
    for (int64_t first = sentence; first >= 0 && first > sentence - MOST_SENTENCES; first--) {
        int32_t start = page->edges[first], length = page->stops[sentence] - start;
        if (page->edges[sentence + 1] - start > MOST_CHARS) break;
        if (length < LEAST_CHARS) continue;
        const Sums *sums_before = starts[first % MOST_SENTENCES];
        for (int quad = 0; quad < n_quads; quad++)
            sums[n][quad] = __builtin_convertvector((Whole)(end[quad] - sums_before[quad]), Floats) *
                            bars->scales[quad];
        squares[n] = sums[n][n_labels / 4][n_labels % 4] + sieve->unknown * (float)length;
        from[n++] = start;
    }
    for (int at = 0; at < n; at++) squares[at] = scale_of(squares[at]);
    for (int at = 0; at < n; at++) {
        if (!judge(bars, sums[at], all(squares[at]), bars->margins, n_quads)) continue;
        *fits &= cuts->n < cuts->room;
        if (*fits)
            cuts->spots[cuts->n++] = (Spot){post, page->at[from[at]],
                                            page->at[page->stops[sentence] - 1] + 1};
    }
}

/* Estimates the log-odds of a page by the best of the whole and its windows, and notes the spots of
   a post the whole of which is below the cuts, if there is room for all of them. Looks at the first
   lanes only. */
static ALWAYS_INLINE void estimate_lanes(const Sieve *sieve, const Page *page, int32_t post,
                                         int32_t *counts, Cuts *cuts, float *out, int n_quads) {
    Sums before[QUADS] = {{0}}, counted[QUADS] = {{0}}, starts[MOST_SENTENCES][QUADS] = {{{0}}};
    int64_t total[LANES] = {0}, first_spot = cuts->n, n_repeated = 0, n_counted = 0, start = 0;
    int64_t n_labels = sieve->n_labels, n_pieces = 2 * page->n_sentences + 1;
    float sums[LANES] = {0.0F}, least[LANES], best[LANES];
    uint32_t *met = (uint32_t *)(counts + sieve->n_rows); /* a bit for each column */
    int fits = cuts->cuts != NULL, has_windows = page->n_sentences > 1;
    Bars bars;
    for (int lane = 0; lane < LANES; lane++) least[lane] = INFINITY;
    for (int64_t label = 0; fits && label < n_labels; label++)
        least[label] = cuts->cuts[label] - sieve->intercepts[label];
    for (int quad = 0; quad < QUADS; quad++) {
        bars.scales[quad] = load(sieve->scales + 4 * quad);
        bars.margins[quad] = load(sieve->margins + 4 * quad);
        bars.least[quad] = load(least + 4 * quad);
        bars.best[quad] = all(-1e30F);
    }
    for (int64_t piece = 0; piece < n_pieces; piece++) {
        int64_t end = page->piece_ends[piece], n_before = n_repeated;
        for (int64_t at = start; at < end; at++) {
            int32_t numbered = page->columns[at], column = numbered >> NUMBER_BITS;
            const int16_t *row = sieve->lanes + column * LANES;
            for (int quad = 0; quad < n_quads; quad++) before[quad] += load_row(row + 4 * quad);
            uint32_t bits = met[column >> 5], bit = 1U << (column & 31);
            met[column >> 5] = bits | bit;
            page->repeated[n_repeated] = numbered;
            n_repeated += (bits & bit) != 0;
        }
        int32_t *again = page->repeated + n_before;
        n_repeated = n_before + count_repeated(again, n_repeated - n_before, counts);
        start = end;
        if (end - n_counted > COLUMNS_A_PART || piece + 1 == n_pieces) {
            for (int lane = 0; lane < 4 * n_quads; lane++)
                total[lane] += (int32_t)(before[lane / 4][lane % 4] - counted[lane / 4][lane % 4]);
            memcpy(counted, before, sizeof counted);
            n_counted = end;
        }
        int64_t sentence = piece / 2, next = sentence + 1;
        if (!has_windows || sentence == page->n_sentences) continue;
        if (piece % 2 == 0)
            judge_windows(sieve, page, sentence, before, (const Sums(*)[QUADS])starts, &bars, post,
                          cuts, &fits, n_quads);
        else if (next < page->n_sentences)
            begin_sentence(sieve, page, next, before, starts[next % MOST_SENTENCES], n_quads);
    }
    for (int lane = 0; lane < 4 * n_quads; lane++)
        sums[lane] = (float)total[lane] * sieve->scales[lane];
    sums[n_labels] += sieve->unknown * (float)page->n_signs;
    for (int64_t at = 0; at < page->n_columns; at++)
        met[page->columns[at] >> (NUMBER_BITS + 5)] = 0;
    dampen(sieve, page, n_repeated, counts, sums);
    Floats whole[QUADS], none[QUADS] = {{0.0F}};
    memcpy(whole, sums, sizeof whole);
    if (judge(&bars, whole, all(scale_of(sums[n_labels])), none, n_quads) || !fits)
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
