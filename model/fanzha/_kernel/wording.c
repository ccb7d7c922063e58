/* Finds the characters from which a label's score came: fanzha.explain. */
#include "block.h"
#include "columns.h"

#include <math.h>
#include <stdlib.h>

#define MOST_SPANS 3
#define LONGEST_CHARS 24
#define LEAST_WEIGHT 0.3
#define TAKEN -1e3
#define ROUNDING 1e-9 /* the first of equals is taken */

/* Gives what a column is worth that occurs some times: fanzha.features.weigh. */
static double weigh(const Model *model, int32_t column, int32_t count) {
    return weigh_count(model, count) * model->rows[(int64_t)column * LANES + IDF];
}

/* Spreads what each found column adds to a label evenly over its characters. Sums are built in
   the order in which fanzha.explain.weigh_characters builds them: equals stay equals. `counts` has
   a zero for each column, and again after. */
static void spread(const Model *model, const Found *found, int64_t n, int64_t n_found,
                   int64_t label, int32_t *counts, double *changes) {
    double norm = 0.0;
    for (int64_t at = 0; at < n; at++) counts[found[at].number]++;
    for (int64_t at = 0; at < n; at++) {
        int32_t column = found[at].number;
        if (counts[column] < 0) continue;
        double value = weigh(model, column, counts[column]);
        norm += value * value;
        counts[column] = -counts[column];
    }
    norm = sqrt(norm + model->unknown_idf * model->unknown_idf * (double)(n_found - n));
    for (int sign = 1; sign >= -1; sign -= 2)
        for (int64_t at = 0; at < n; at++) {
            int32_t column = found[at].number, count = -counts[column];
            int32_t length = found[at].end - found[at].start;
            double share = weigh(model, column, count) / norm / count;
            share = share / (length > 1 ? length : 1);
            share *= model->rows[(int64_t)column * LANES + label];
            changes[sign > 0 ? found[at].start : found[at].end] += sign * share;
        }
    for (int64_t at = 0; at < n; at++) counts[found[at].number] = 0;
}

static int64_t keep(Found *found, int64_t n, int32_t column, int64_t start, int64_t end) {
    if (column < 0) return n;
    found[n].number = column;
    found[n].start = (int32_t)start;
    found[n].end = (int32_t)end;
    return n + 1;
}

static int64_t find_ngrams(const Model *model, const uint32_t *codes, int64_t length,
                           Found *found) {
    const KeyTable *table = &model->chars;
    int64_t n = 0;
    for (int64_t size = 1; size <= LONGEST_NGRAM; size++) {
        if (size > 1 && size - 1 <= length)
            n = keep(found, n, find(table, key_first(codes, size - 1)), 0, size - 1);
        for (int64_t start = 0; start + size <= length; start++) {
            uint64_t key = 0;
            for (int64_t at = start; at < start + size; at++) key = extend(key, codes[at]);
            n = keep(found, n, find(table, mix(key, (uint64_t)size)), start, start + size);
        }
        if (size > 1 && size - 2 == length)
            n = keep(found, n, find(table, key_whole(codes, length)), 0, length);
        if (size > 1 && size - 1 <= length)
            n = keep(found, n, find(table, key_last(codes + length, size - 1)),
                     length - size + 1, length);
    }
    return n;
}

static int64_t keep_word(const Model *model, uint64_t key, int64_t start, int64_t end,
                         Found *found, int64_t n) {
    int32_t word = find(&model->words, key);
    return word < 0 ? n : keep(found, n, word + (int32_t)model->n_char_columns, start, end);
}

/* fanzha.explain._best_stretch; gives its weight and sets where it is. */
static double best_stretch(const double *sums, int64_t length, int64_t *start, int64_t *end) {
    double total = 0.0;
    *start = *end = 0;
    for (int64_t size = 1; size <= LONGEST_CHARS && size <= length; size++) {
        int64_t best = 0;
        double most = sums[size] - sums[0];
        for (int64_t at = 1; at + size <= length; at++)
            if (sums[at + size] - sums[at] > most) most = sums[at + size] - sums[at];
        while (sums[best + size] - sums[best] < most - ROUNDING) best++;
        if (sums[best + size] - sums[best] > total + ROUNDING) {
            total = sums[best + size] - sums[best];
            *start = best;
            *end = best + size;
        }
    }
    return total;
}

/* Finds the stretches of a text that add most to a label, at most three.

   `weights` has `n` entries and takes what each character adds; `spans` has two and `totals` one
   for each stretch. `counts` as in fanzha_decide. Gives the number of stretches, or -1 where
   memory is short. */
int64_t fanzha_explain(const Words *words, const Model *model, const uint32_t *codes, int64_t n,
                       int64_t label, int32_t *counts, double *weights, int32_t *spans,
                       double *totals) {
    size_t size = (size_t)n + 2;
    CutSpace space;
    int ready = open_cut_space(&space, n);
    Found *found = malloc(size * LONGEST_NGRAM * sizeof *found);
    double *sums = calloc(size, sizeof *sums);
    int64_t n_spans = -1;
    if (ready && found && sums) {
        int64_t n_known = find_ngrams(model, codes, n, found);
        spread(model, found, n_known, count_ngrams(n), label, counts, sums);
        int64_t n_words = cut_range(words, codes, 0, n, &space), start = 0, n_found = 0;
        n_known = 0;
        Token before = {0};
        for (int64_t at = 0; at < n_words; at++) {
            Token token = read_token(model, codes, start, space.ends[at]);
            start = token.end;
            if (token.is_word)
                n_known = keep_word(model, token.key, token.start, start, found, n_known);
            if (token.is_word && before.is_word)
                n_known = keep_word(model, key_pair(&before, &token), before.start, start, found,
                                    n_known);
            n_found += token.is_word + (token.is_word && before.is_word);
            before = token;
        }
        spread(model, found, n_known, n_found, label, counts, sums);
        double sum = 0.0;
        for (int64_t at = 0; at < n; at++) weights[at] = sum += sums[at];
        for (n_spans = 0; n_spans < MOST_SPANS; n_spans++) {
            int64_t from, to;
            sums[0] = 0.0;
            for (int64_t at = 0; at < n; at++)
                sums[at + 1] = sums[at] + (isinf(weights[at]) ? TAKEN : weights[at]);
            double total = best_stretch(sums, n, &from, &to);
            if (total < LEAST_WEIGHT) break;
            spans[2 * n_spans] = (int32_t)from;
            spans[2 * n_spans + 1] = (int32_t)to;
            totals[n_spans] = total;
            for (int64_t at = from; at < to; at++) weights[at] = -INFINITY;
        }
    }
    free(found);
    free(sums);
    close_cut_space(&space);
    return n_spans;
}
