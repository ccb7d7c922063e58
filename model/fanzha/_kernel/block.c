/* Adds up the n-grams or words of stretches of a post: the value of each is tf(count) * idf, and
   most occur once in a stretch. So they are added up once, by pieces that no stretch cuts, as if
   each occurred once, and a stretch corrects for those that it has more often. */
#include "block.h"
#include "columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Its last lane takes value * idf. Unrolled, it would not become instructions on many lanes. */
static inline void add_row(double *restrict sums, const float *restrict row, double value) {
#ifdef __GNUC__
#pragma GCC unroll 1
#endif
    for (int lane = 0; lane < LANES; lane++) sums[lane] += value * row[lane];
}

static inline const float *row_of(const Block *block, int32_t number) {
    return block->model->rows + (int64_t)block->columns[number].column * LANES;
}

/* Numbers a column that is not in the post. */
static int32_t add_column(Block *block, int32_t column) {
    int32_t number = (int32_t)block->n_columns++;
    block->columns[number] = (Column){column, 0, 0, 0, 0};
    block->numbers[column] = number + 1;
    return number;
}

/* Makes ready for a post of some pieces, from one of the cuts to the next, where columns count as
   repeated within `reach` characters. Gives 0 where memory is short. */
int begin_block(Block *block, const int32_t *cuts, int64_t n_pieces, int64_t reach) {
    if (n_pieces > block->room_pieces) {
        size_t room = 2 * (size_t)n_pieces;
        free(block->sums);
        free(block->first_found);
        free(block->first_repeat);
        block->sums = malloc(room * LANES * sizeof *block->sums);
        block->first_found = malloc((room + 1) * sizeof *block->first_found);
        block->first_repeat = malloc((room + 1) * sizeof *block->first_repeat);
        block->room_pieces = (int64_t)room;
        if (!block->sums || !block->first_found || !block->first_repeat) return 0;
    }
    block->cuts = cuts;
    block->n_pieces = n_pieces;
    block->reach = reach;
    block->n_columns = block->n_repeats = block->n_found = block->n_summed = 0;
    block->piece = 0;
    block->first_found[0] = block->first_repeat[0] = 0;
    memset(block->sums, 0, (size_t)n_pieces * LANES * sizeof *block->sums);
    return 1;
}

/* Asks for what finding some keys needs from memory. */
static void ask_for_all(const KeyTable *table, const uint64_t *keys, int64_t n) {
    for (int64_t at = 0; at < n; at++) ask_for_start(table, keys[at]);
    for (int64_t at = 0; at < n; at++) ask_for_key(table, keys[at]);
}

/* Numbers the columns of what was found up to `end`, notes those that repeat, and adds all up by
   pieces. */
static void sum_found(Block *block, int64_t end) {
    int64_t piece = block->piece;
    for (int64_t at = block->n_summed; at < end; at++) {
        Found *one = block->found + at;
        while (one->start >= block->cuts[piece + 1]) {
            block->first_found[++piece] = (int32_t)at;
            block->first_repeat[piece] = (int32_t)block->n_repeats;
        }
        int32_t column = one->number, number = block->numbers[column];
        const float *row = block->model->rows + (int64_t)column * LANES;
        add_row(block->sums + piece * LANES, row, row[IDF]);
        /* Whether one repeats is hard to foresee, so there is no branch on it. */
        int is_new = number == 0;
        number = is_new ? (int32_t)block->n_columns : number - 1;
        block->n_columns += is_new;
        block->numbers[column] = number + 1;
        Column *seen = block->columns + number;
        int32_t last = is_new ? 0 : seen->last;
        block->repeats[block->n_repeats] = (Repeat){number, last, one->start, one->end};
        block->n_repeats += !is_new & (one->start - last < block->reach);
        *seen = (Column){column, is_new ? 1 : seen->count + 1, one->start, 0, 0};
        one->number = number;
    }
    block->piece = piece;
    block->n_summed = end;
}

/* Finds the columns of what was taken, and adds up what was found by the call before: what is asked
   for here has then come from memory. */
void find_all(Block *block) {
    int64_t n_before = block->n_found;
    ask_for_all(block->table, block->held_keys, block->n_held);
    for (int at = 0; at < block->n_held; at++) {
        int32_t column = find_held(block->table, block->held_keys[at]);
        if (column < 0) continue;
        column += block->first_column;
        PREFETCH(block->model->rows + (int64_t)column * LANES);
        PREFETCH(block->numbers + column);
        block->found[block->n_found] = block->found[n_before + at];
        block->found[block->n_found++].number = column;
    }
    block->n_held = 0;
    sum_found(block, n_before);
}

/* Adds up what is left. */
void finish_block(Block *block) {
    sum_found(block, block->n_found);
    while (block->piece < block->n_pieces) {
        block->first_found[++block->piece] = (int32_t)block->n_found;
        block->first_repeat[block->piece] = (int32_t)block->n_repeats;
    }
}

/* Takes away what begins in the stretch's pieces but does not belong to it, and gives how many are
   left. */
static int64_t trim(const Block *block, const Stretch *stretch, double *sums) {
    int64_t first = block->first_found[stretch->first_piece];
    int64_t last = block->first_found[stretch->end_piece], n_known = last - first;
    for (; first < last && block->found[first].start < stretch->start; first++, n_known--) {
        const float *row = row_of(block, block->found[first].number);
        add_row(sums, row, -(double)row[IDF]);
    }
    for (last--; last >= first && block->found[last].start >= stretch->hang; last--) {
        if (block->found[last].end <= stretch->end) continue;
        const float *row = row_of(block, block->found[last].number);
        add_row(sums, row, -(double)row[IDF]);
        n_known--;
    }
    return n_known;
}

/* Tells whether a stretch is added up by column instead of by pieces: few columns that occur very
   often would leave but the rounding of a sum that is far too great. */
static int is_by_column(const Block *block, const Stretch *stretch) {
    return stretch->whole && block->n_found > 2 * block->n_columns;
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
    ask_for_all(block->table, block->own_keys, block->n_own);
    for (int64_t stretch = 0; stretch < n_stretches; stretch++) {
        for (; at < ends[stretch]; at++) {
            int32_t column = find_held(block->table, block->own_keys[at]);
            if (column < 0) continue;
            column += block->first_column;
            PREFETCH(block->model->rows + (int64_t)column * LANES);
            PREFETCH(block->numbers + column);
            block->own[n++] = column;
        }
        ends[stretch] = n;
    }
    block->n_own = 0;
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

/* Adds what the n-grams or words of a stretch say of each label to the sums. */
void add_stretch(Block *block, const Stretch *stretch, double *sums) {
    const Model *model = block->model;
    double part[LANES] = {0.0};
    int by_column = is_by_column(block, stretch);
    for (int64_t piece = stretch->first_piece; piece < stretch->end_piece && !by_column; piece++)
        for (int lane = 0; lane < LANES; lane++) part[lane] += block->sums[piece * LANES + lane];
    int64_t n_known = trim(block, stretch, part) + stretch->n_own;
    int64_t n_columns = block->n_columns, n = count_repeats(block, stretch);
    n = count_own(block, stretch, n);
    for (int64_t at = 0; at < n; at++) {
        Column *column = block->columns + block->touched[at];
        const float *row = row_of(block, block->touched[at]);
        double tf = weigh_count(model, column->shared + column->own), idf = row[IDF];
        add_row(part, row, (by_column ? tf : tf - column->shared) * idf);
        part[IDF] += (tf * tf - tf) * idf * idf;
        column->shared = column->own = 0;
    }
    for (; block->n_columns > n_columns; block->n_columns--)
        block->numbers[block->columns[block->n_columns - 1].column] = 0;
    if (!n_known) return;
    double norm = part[IDF];
    norm += model->unknown_idf * model->unknown_idf * (double)(stretch->n_all - n_known);
    double scale = 1.0 / sqrt(norm);
    for (int64_t label = 0; label < model->n_labels; label++) sums[label] += part[label] * scale;
}

/* Makes room for what is found in a post, and for what a stretch has of its own. `numbers` has a
   zero for each column, and again when the block is cleared. Gives whether there was memory. */
int open_block(Block *block, const Model *model, int is_words, int32_t *numbers,
               int64_t most_found, int64_t most_own) {
    size_t most = (size_t)most_found, both = most + (size_t)most_own;
    *block = (Block){.model = model,
                     .table = is_words ? &model->words : &model->chars,
                     .first_column = is_words ? (int32_t)model->n_char_columns : 0,
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
}
