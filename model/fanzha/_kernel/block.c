/* Adds up the n-grams or words of stretches of a post: the value of each is tf(count) * idf, and
   most occur once in a stretch. So they are added up once, by pieces that no stretch cuts, as if
   each occurred once, and a stretch corrects for those that it has more often. */
#include "block.h"
#include "columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef double Pair __attribute__((vector_size(16)));
#define PAIRS (MOST_QUESTIONS / 2)

/* Sums in the registers of the processor: a pair has the two answers of a label. */
typedef struct {
    Pair pairs[PAIRS];
    double idf;
} Sums;

/* A brief float is the upper half of a float. */
static ALWAYS_INLINE Pair read_pair(const Row *row, int pair) {
#ifdef __SSE2__
    int brief;
    memcpy(&brief, row->weights + 2 * pair, sizeof brief);
    __m128i floats = _mm_unpacklo_epi16(_mm_setzero_si128(), _mm_cvtsi32_si128(brief));
    return (Pair)_mm_cvtps_pd(_mm_castsi128_ps(floats));
#else
    return (Pair){read_weight(row, 2 * pair), read_weight(row, 2 * pair + 1)};
#endif
}

static ALWAYS_INLINE void add_to(Sums *sums, const Row *row, double value) {
    Pair values = {value, value};
    for (int pair = 0; pair < PAIRS; pair++) sums->pairs[pair] += values * read_pair(row, pair);
    sums->idf += value * row->idf;
}

static ALWAYS_INLINE void load(Sums *sums, const double *from) {
    memcpy(sums->pairs, from, sizeof sums->pairs);
    sums->idf = from[IDF];
}

static ALWAYS_INLINE void store(const Sums *sums, double *to) {
    memcpy(to, sums->pairs, sizeof sums->pairs);
    to[IDF] = sums->idf;
}

static inline void add_row(double *sums, const Row *row, double value) {
    Sums some;
    load(&some, sums);
    add_to(&some, row, value);
    store(&some, sums);
}

static inline const Row *row_of(const Block *block, int32_t number) {
    return block->model->rows + block->columns[number].column;
}

/* Numbers a column that is not in the post. */
static int32_t add_column(Block *block, int32_t column) {
    int32_t number = (int32_t)block->n_columns++;
    block->columns[number] = (Column){column, 0, 0, 0, 0};
    block->numbers[column] = number + 1;
    return number;
}

/* Makes ready for a post of some pieces, from one of the cuts to the next, where columns count as
   repeated within `reach` characters. With its code points, single signs are added up without being
   held. Gives 0 where memory is short. */
int begin_block(Block *block, const uint32_t *codes, const int32_t *cuts, int64_t n_pieces,
                int64_t reach) {
    if (n_pieces > block->room_pieces) {
        size_t room = 2 * (size_t)n_pieces;
        free(block->sums);
        free(block->first_found);
        free(block->first_repeat);
        free(block->first_known);
        block->sums = malloc(room * N_SUMS * sizeof *block->sums);
        block->first_found = malloc((room + 1) * sizeof *block->first_found);
        block->first_repeat = malloc((room + 1) * sizeof *block->first_repeat);
        block->first_known = malloc((room + 1) * sizeof *block->first_known);
        block->room_pieces = (int64_t)room;
        if (!block->sums || !block->first_found || !block->first_repeat || !block->first_known)
            return 0;
    }
    block->cuts = cuts;
    block->n_pieces = n_pieces;
    block->reach = reach;
    block->codes = codes;
    block->n_columns = block->n_repeats = block->n_found = block->n_summed = block->n_known = 0;
    block->piece = block->n_ready = block->n_done = 0;
    block->first_found[0] = block->first_repeat[0] = block->first_known[0] = 0;
    memset(block->sums, 0, (size_t)n_pieces * N_SUMS * sizeof *block->sums);
    return 1;
}

/* What adding up a piece needs of a block: the processor's registers have room for it. */
typedef struct {
    Sums sums;
    const Row *rows;
    int32_t *numbers;
    Column *columns;
    Repeat *repeats;
    int64_t n_columns, n_repeats, reach;
} Growth;

/* Adds one of a column, numbers this, and notes whether it repeats; gives its number. */
static ALWAYS_INLINE int32_t add_one(Growth *growth, int32_t column, int32_t start, int32_t end) {
    const Row *row = growth->rows + column;
    int32_t number = growth->numbers[column], is_new = number == 0;
    add_to(&growth->sums, row, row->idf);
    /* Whether one repeats is hard to foresee, so there is no branch on it. */
    number += ((int32_t)growth->n_columns & -is_new) + is_new - 1;
    growth->n_columns += is_new;
    growth->numbers[column] = number + 1;
    Column *seen = growth->columns + number;
    int32_t last = seen->last;
    growth->repeats[growth->n_repeats] = (Repeat){number, last, start, end};
    growth->n_repeats += !is_new & ((int64_t)start - last < growth->reach);
    *seen = (Column){column, (seen->count & (is_new - 1)) + 1, start, 0, 0};
    return number;
}

/* Adds up what is found of a piece: single signs before a place, and others before `end`. */
static ALWAYS_INLINE void sum_piece(Block *block, int64_t last, int64_t end) {
    const uint32_t *codes = block->codes;
    const int32_t *singles = block->model->singles;
    double *to = block->sums + block->piece * N_SUMS;
    int64_t n_known = block->n_known + end - block->n_summed;
    Growth growth = {.rows = block->model->rows,
                     .numbers = block->numbers,
                     .columns = block->columns,
                     .repeats = block->repeats,
                     .n_columns = block->n_columns,
                     .n_repeats = block->n_repeats,
                     .reach = block->reach};
    load(&growth.sums, to);
    for (int64_t place = block->n_done; codes && place < last; place++) {
        int32_t column = codes[place] < N_SINGLES ? singles[codes[place]] : -1;
        if (column < 0) continue;
        add_one(&growth, column, (int32_t)place, (int32_t)place + 1);
        n_known++;
    }
    Found *one = block->found + block->n_summed, *stop = block->found + end;
    for (; one < stop; one++)
        one->number = add_one(&growth, one->number, one->start, one->end);
    store(&growth.sums, to);
    block->n_known = n_known;
    block->n_columns = growth.n_columns;
    block->n_repeats = growth.n_repeats;
    block->n_summed = end;
    block->n_done = last;
}

/* Adds up by pieces what is found since. */
void sum_found(Block *block) {
    while (block->piece < block->n_pieces) {
        int64_t cut = block->cuts[block->piece + 1], end = block->n_summed;
        int64_t last = cut < block->n_ready ? cut : block->n_ready;
        while (end < block->n_found && block->found[end].start < cut) end++;
        sum_piece(block, last, end);
        if (cut > block->n_ready) return;
        block->first_found[++block->piece] = (int32_t)end;
        block->first_repeat[block->piece] = (int32_t)block->n_repeats;
        block->first_known[block->piece] = (int32_t)block->n_known;
    }
}

/* Finds the columns of what is held, and asks for what adding them up needs from memory. */
void find_all(Block *block) {
    const SlotTable *table = block->table;
    const Row *rows = block->model->rows;
    const int32_t *numbers = block->numbers;
    Found *found = block->found + block->n_found, *next = found;
    for (int64_t at = 0; at < block->n_held; at++) {
        uint64_t key = block->held[at];
        int32_t column = read_slot(table, slot_of(table, key), tag_of(key));
        int is_known = column >= 0;
        column = is_known ? column : 0;
        PREFETCH(rows + column);
        PREFETCH(numbers + column);
        *next = (Found){column, found[at].start, found[at].end};
        next += is_known;
    }
    block->n_found += next - found;
    block->n_held = 0;
}

/* Adds up what is left. */
void finish_block(Block *block) {
    block->n_ready = block->cuts[block->n_pieces];
    sum_found(block);
}

/* Takes away what begins in the stretch's pieces but does not belong to it, and gives how many are
   left. */
static int64_t trim(const Block *block, const Stretch *stretch, double *sums) {
    int64_t first = block->first_found[stretch->first_piece];
    int64_t last = block->first_found[stretch->end_piece];
    int64_t n_known =
        block->first_known[stretch->end_piece] - block->first_known[stretch->first_piece];
    for (; first < last && block->found[first].start < stretch->start; first++, n_known--) {
        const Row *row = row_of(block, block->found[first].number);
        add_row(sums, row, -(double)row->idf);
    }
    for (last--; last >= first && block->found[last].start >= stretch->hang; last--) {
        if (block->found[last].end <= stretch->end) continue;
        const Row *row = row_of(block, block->found[last].number);
        add_row(sums, row, -(double)row->idf);
        n_known--;
    }
    return n_known;
}

/* Tells whether a stretch is added up by column instead of by pieces: few columns that occur very
   often would leave but the rounding of a sum that is far too great. */
static int is_by_column(const Block *block, const Stretch *stretch) {
    return stretch->whole && block->n_known > 2 * block->n_columns;
}

/* Counts the columns of which the pieces do not say all; gives how many these are. */
static int64_t count_repeats(Block *block, const Stretch *stretch) {
    int64_t n = 0;
    if (stretch->whole) {
        int least = is_by_column(block, stretch) ? 1 : 2;
        for (int64_t at = 0; at < block->n_columns; at++) {
            if (block->columns[at].count < least) continue;
            block->columns[at].shared = block->columns[at].count;
            block->touched[n++] = (int32_t)at;
        }
        return n;
    }
    const Repeat *one = block->repeats + block->first_repeat[stretch->first_piece];
    const Repeat *end = block->repeats + block->first_repeat[stretch->end_piece];
    for (; one < end; one++) {
        Column *column = block->columns + one->number;
        int inside = (one->before >= stretch->start) & (one->end <= stretch->end);
        block->touched[n] = one->number;
        n += inside & (column->shared == 0);
        column->shared += inside + (inside & (column->shared == 0));
    }
    return n;
}

/* Finds the columns that some stretches have of their own. The keys of each end at one of the
   `ends`, which then tell where its columns end in `own`. */
void find_own(Block *block, int32_t *ends, int64_t n_stretches) {
    int64_t at = 0;
    int32_t n = 0;
    const SlotTable *table = block->table;
    for (int64_t key = 0; key < block->n_own; key++)
        ask_for_slot(table, slot_of(table, block->own_keys[key]));
    for (int64_t stretch = 0; stretch < n_stretches; stretch++) {
        for (; at < ends[stretch]; at++) {
            uint64_t key = block->own_keys[at];
            int32_t column = read_slot(table, slot_of(table, key), tag_of(key));
            if (column < 0) continue;
            PREFETCH(block->model->rows + column);
            PREFETCH(block->numbers + column);
            block->own[n++] = column;
        }
        ends[stretch] = n;
    }
    block->n_own = 0;
}

/* Makes an edge of the own columns of stretches that begin or end there, and, where they end before
   a piece, of what begins there within `reach` and hangs over. */
void add_edge(const Block *block, const int32_t *own, int64_t n_own, int64_t end_piece,
              int64_t reach, Edge *edge) {
    memset(edge, 0, sizeof *edge);
    edge->n_known = n_own;
    for (int64_t at = 0; at < n_own; at++) {
        const Row *row = block->model->rows + own[at];
        add_row(edge->sums, row, row->idf);
    }
    if (!reach) return;
    int32_t end = block->cuts[end_piece];
    for (int64_t at = block->first_found[end_piece] - 1; at >= 0; at--) {
        if (block->found[at].start < end - reach) break;
        if (block->found[at].end <= end) continue;
        const Row *row = row_of(block, block->found[at].number);
        add_row(edge->sums, row, -(double)row->idf);
        edge->n_known--;
    }
}

/* Counts the stretch's own columns, after n that repeat; gives how many of both are touched. */
static int64_t count_own(Block *block, const Stretch *stretch, int64_t n) {
    int64_t n_columns = block->n_columns;
    int may_share = 0;
    for (int64_t at = 0; at < stretch->n_own; at++) {
        int32_t number = block->numbers[stretch->own[at]] - 1;
        if (number < 0) number = add_column(block, stretch->own[at]);
        Column *column = block->columns + number;
        if (column->own++ || column->shared) continue;
        if (stretch->whole) column->shared = column->count;
        block->touched[n++] = number;
        may_share |= number < n_columns;
    }
    if (may_share && !stretch->whole) {
        const Found *one = block->found + block->first_found[stretch->first_piece];
        const Found *end = block->found + block->first_found[stretch->end_piece];
        for (; one < end; one++) {
            Column *column = block->columns + one->number;
            if (column->own && !column->shared && one->start >= stretch->start &&
                one->end <= stretch->end)
                column->shared = 1;
        }
    }
    return n;
}

static ALWAYS_INLINE void add_lanes(Sums *sums, const double *from) {
    for (int pair = 0; pair < PAIRS; pair++) {
        Pair some;
        memcpy(&some, from + 2 * pair, sizeof some);
        sums->pairs[pair] += some;
    }
    sums->idf += from[IDF];
}

/* Adds up what the n-grams or words of a stretch are worth, with their idf's squares; gives how many of
   them are known. */
static ALWAYS_INLINE int64_t sum_stretch(Block *block, const Stretch *stretch, double *part) {
    int by_column = is_by_column(block, stretch);
    Sums sums;
    load(&sums, part);
    for (int64_t piece = stretch->first_piece; piece < stretch->end_piece && !by_column; piece++)
        add_lanes(&sums, block->sums + piece * N_SUMS);
    int64_t n_known = stretch->n_own;
    if (stretch->edges[0]) {
        n_known += block->first_known[stretch->end_piece] - block->first_known[stretch->first_piece];
        for (int edge = 0; edge < 2; edge++) {
            n_known += stretch->edges[edge]->n_known;
            add_lanes(&sums, stretch->edges[edge]->sums);
        }
    } else {
        store(&sums, part);
        n_known += trim(block, stretch, part);
        load(&sums, part);
    }
    int64_t n_columns = block->n_columns, n = count_repeats(block, stretch);
    if (stretch->n_own) n = count_own(block, stretch, n);
    for (int64_t at = 0; at < n; at++) {
        Column *column = block->columns + block->touched[at];
        const Row *row = row_of(block, block->touched[at]);
        double tf = weigh_count(block->model, column->shared + column->own), idf = row->idf;
        add_to(&sums, row, (by_column ? tf : tf - column->shared) * idf);
        sums.idf += (tf * tf - tf) * idf * idf;
        column->shared = column->own = 0;
    }
    store(&sums, part);
    for (; block->n_columns > n_columns; block->n_columns--)
        block->numbers[block->columns[block->n_columns - 1].column] = 0;
    return n_known;
}

/* Adds what the n-grams or words of a stretch answer to each question to the sums. */
void add_stretch(Block *block, const Stretch *stretch, double *sums) {
    const Model *model = block->model;
    double part[N_SUMS] = {0.0};
    int64_t n_known = sum_stretch(block, stretch, part);
    if (!n_known) return;
    double norm = part[IDF];
    norm += model->unknown_idf * model->unknown_idf * (double)(stretch->n_all - n_known);
    double scale = 1.0 / sqrt(norm);
    for (int question = 0; question < MOST_QUESTIONS; question++)
        sums[question] += part[question] * scale;
}

/* Makes room for what is found in a post, and for what a stretch has of its own. `numbers` has a
   zero for each column, and again when the block is cleared. Gives whether there was memory. */
int open_block(Block *block, const Model *model, int is_words, int32_t *numbers,
               int64_t most_found, int64_t most_own) {
    size_t most = (size_t)most_found, both = most + (size_t)most_own;
    *block = (Block){.model = model,
                     .table = is_words ? &model->words : &model->chars,
                     .numbers = numbers};
    block->own_keys = malloc(((size_t)most_own + 1) * sizeof *block->own_keys);
    block->own = malloc(((size_t)most_own + 1) * sizeof *block->own);
    block->found = malloc((most + 1) * sizeof *block->found);
    block->repeats = malloc((most + 1) * sizeof *block->repeats);
    block->columns = malloc((both + 1) * sizeof *block->columns);
    block->touched = malloc((both + 1) * sizeof *block->touched);
    return block->own_keys && block->own && block->found && block->repeats && block->columns &&
           block->touched;
}

/* Makes ready for another post. */
void clear_block(Block *block) {
    for (int64_t at = 0; at < block->n_columns; at++)
        block->numbers[block->columns[at].column] = 0;
    block->n_columns = block->n_found = 0;
}

void close_block(Block *block) {
    free(block->own_keys);
    free(block->own);
    free(block->found);
    free(block->repeats);
    free(block->columns);
    free(block->touched);
    free(block->sums);
    free(block->first_found);
    free(block->first_repeat);
    free(block->first_known);
}
