/* Finds the characters from which a label's score came: fanzha.explain. */
#include "kernel.h"
#include "tally.h"

#include <math.h>
#include <stdlib.h>

#define MOST_SPANS 3
#define LONGEST_CHARS 24
#define LEAST_WEIGHT 0.3
#define TAKEN -1e9

/* An n-gram or word of a known column, and where it stands. */
typedef struct {
    int32_t column, start, end;
} Found;

/* Spreads what each found column adds to a label evenly over its characters. Sums are built in
   the order in which fanzha.explain.weigh_characters builds them: equals stay equals. */
static void spread(const Model *model, const Found *found, int64_t n, int64_t n_found,
                   int64_t label, Tally *tally, double *changes) {
    for (int64_t at = 0; at < n; at++) count_column(tally, found[at].column);
    double norm = 0.0;
    for (int64_t at = 0; at < tally->n_columns; at++) {
        int32_t column = tally->columns[at];
        double value = weigh_count(model, column, tally->counts[column]);
        norm += value * value;
    }
    norm = sqrt(norm + model->unknown_idf * model->unknown_idf * (double)(n_found - n));
    for (int sign = 1; sign >= -1; sign -= 2)
        for (int64_t at = 0; at < n; at++) {
            int32_t column = found[at].column, count = tally->counts[column];
            int32_t length = found[at].end - found[at].start;
            double share = weigh_count(model, column, count) / norm / count;
            share = share / (length > 1 ? length : 1) * model->rows[column * model->width + label];
            changes[sign > 0 ? found[at].start : found[at].end] += sign * share;
        }
    for (int64_t at = 0; at < tally->n_columns; at++) tally->counts[tally->columns[at]] = 0;
    tally->n_columns = tally->n_known = 0;
}

static int64_t keep(Found *found, int64_t n, int32_t column, int64_t start, int64_t end) {
    if (column < 0) return n;
    found[n].column = column;
    found[n].start = (int32_t)start;
    found[n].end = (int32_t)end;
    return n + 1;
}

static int64_t find_ngrams(const Model *model, const uint32_t *codes, int64_t length,
                           Found *found) {
    int64_t n = 0;
    for (int64_t size = 1; size <= LONGEST_NGRAM; size++) {
        if (size > 1 && size - 1 <= length)
            n = keep(found, n, find_first(model, codes, size - 1), 0, size - 1);
        for (int64_t start = 0; start + size <= length; start++) {
            uint64_t key = 0;
            for (int64_t at = start; at < start + size; at++) key = extend(key, codes[at]);
            n = keep(found, n, find(&model->chars, mix(key, (uint64_t)size)), start, start + size);
        }
        if (size > 1 && size - 2 == length)
            n = keep(found, n, find_whole(model, codes, length), 0, length);
        if (size > 1 && size - 1 <= length)
            n = keep(found, n, find_last(model, codes + length, size - 1), length - size + 1,
                     length);
    }
    return n;
}

/* fanzha.explain._best_stretch; gives its weight and sets where it is. */
static double best_stretch(const double *sums, int64_t length, int64_t *start, int64_t *end) {
    double total = 0.0;
    *start = *end = 0;
    for (int64_t size = 1; size <= LONGEST_CHARS && size <= length; size++) {
        int64_t best = 0;
        double most = sums[size] - sums[0];
        for (int64_t at = 1; at + size <= length; at++)
            if (sums[at + size] - sums[at] > most) most = sums[at + size] - sums[best = at];
        if (most > total + 1e-12) {
            total = most;
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
    Tally tally;
    int ready = open_cut_space(&space, n);
    ready = open_tally(&tally, model, counts, n) && ready;
    Found *found = malloc(size * LONGEST_NGRAM * sizeof *found);
    Token *tokens = malloc(size * sizeof *tokens);
    double *sums = calloc(size, sizeof *sums);
    int64_t n_spans = -1;
    if (ready && found && tokens && sums) {
        int64_t n_known = find_ngrams(model, codes, n, found);
        spread(model, found, n_known, count_ngrams(n), label, &tally, sums);
        int64_t n_words = cut_range(words, codes, 0, n, &space), start = 0, n_found = 0;
        n_known = 0;
        for (int64_t at = 0; at < n_words; at++) {
            Token *token = tokens + at;
            put_token(model, codes, start, space.ends[at], tokens, at);
            start = token->end;
            n_known = keep(found, n_known, token->column, token->start, token->end);
            if (at) n_known = keep(found, n_known, token->pair, token[-1].start, token->end);
            n_found += (token->column != NO_WORD) + (token->pair != NO_WORD);
        }
        spread(model, found, n_known, n_found, label, &tally, sums);
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
    free(tokens);
    free(sums);
    close_tally(&tally);
    close_cut_space(&space);
    return n_spans;
}
