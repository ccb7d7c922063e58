/* Finds the characters from which a label's score came: fanzha.explain. */
#include "block.h"
#include "columns.h"
#include "questions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SPANS 3
#define LONGEST_CHARS 24
#define AT_ONCE 4
#define LEAST_WEIGHT 0.3
#define TAKEN -1e3
#define ROUNDING 1e-9 /* the first of equals is taken */

/* Gives what a column is worth that occurs some times: fanzha.features.weigh. */
static double weigh(const Model *model, int32_t column, int32_t count) {
    return weigh_count(model, count) * model->rows[column].idf;
}

/* The n-grams or words of a text: first all, n_all of them, with their keys, then the n that are
   known, with their columns; `shares` takes what each adds to a character. */
typedef struct {
    const SlotTable *table;
    Found *found;
    uint64_t *keys;
    double *shares;
    int64_t n, n_all;
} Search;

/* Gives whether there was memory for so many. */
static int open_search(Search *search, const SlotTable *table, size_t most) {
    search->table = table;
    search->found = malloc(most * sizeof *search->found);
    search->keys = malloc(most * sizeof *search->keys);
    search->shares = malloc(most * sizeof *search->shares);
    return search->found && search->keys && search->shares;
}

static void close_search(Search *search) {
    free(search->found);
    free(search->keys);
    free(search->shares);
}

static void seek(Search *search, uint64_t key, int64_t start, int64_t end) {
    ask_for_mark(search->table, key);
    search->keys[search->n_all] = key;
    search->found[search->n_all++] = (Found){0, (int32_t)start, (int32_t)end};
}

/* Leaves what is known. */
static void find_columns(const Model *model, Search *search, const int32_t *counts) {
    const SlotTable *table = search->table;
    int64_t n = 0, n_held = 0;
    for (int64_t at = 0; at < search->n_all; at++) {
        uint64_t key = search->keys[at];
        if (!is_marked(table, key)) continue;
        ask_for_slot(table, slot_of(table, key));
        search->keys[n_held] = key;
        search->found[n_held++] = search->found[at];
    }
    for (int64_t at = 0; at < n_held; at++) {
        uint64_t key = search->keys[at];
        int32_t column = read_slot(table, slot_of(table, key), tag_of(key));
        if (column < 0) continue;
        PREFETCH(model->rows + column);
        PREFETCH(counts + column);
        search->found[n] = search->found[at];
        search->found[n++].number = column;
    }
    search->n = n;
}

/* Gives each found column its share, and adds to the answers what all of them say together. `counts`
   has a zero for each column, and again after. */
static void share_out(const Model *model, const Search *search, int32_t *counts, double *answers) {
    const Found *found = search->found;
    double norm = 0.0;
    int64_t n = search->n;
    for (int64_t at = 0; at < n; at++) counts[found[at].number]++;
    for (int64_t at = 0; at < n; at++) {
        int32_t column = found[at].number;
        if (counts[column] < 0) continue;
        double value = weigh(model, column, counts[column]);
        norm += value * value;
        counts[column] = -counts[column];
    }
    norm = sqrt(norm + model->unknown_idf * model->unknown_idf * (double)(search->n_all - n));
    for (int64_t at = 0; at < n; at++) {
        int32_t column = found[at].number, count = -counts[column];
        int32_t length = found[at].end - found[at].start;
        double share = weigh(model, column, count) / norm / count;
        share = share / (length > 1 ? length : 1);
        search->shares[at] = share;
        for (int64_t question = 0; question < count_questions(model); question++)
            answers[question] += length * share * read_weight(model->rows + column, question);
    }
    for (int64_t at = 0; at < n; at++) counts[found[at].number] = 0;
}

/* Spreads what each found column adds to a label evenly over its characters. */
static void spread(const Model *model, const Search *search, const Deciding *deciding, double *to) {
    const Found *found = search->found;
    for (int64_t at = 0; at < search->n; at++) {
        const Row *row = model->rows + found[at].number;
        double weight = 0.0;
        for (int n = 0; n < deciding->n; n++)
            weight += deciding->shares[n] * read_weight(row, deciding->questions[n]);
        to[found[at].start] += search->shares[at] * weight;
        to[found[at].end] -= search->shares[at] * weight;
    }
}

static void seek_ngrams(Search *search, const uint32_t *codes, int64_t length) {
    for (int64_t size = 1; size <= LONGEST_NGRAM; size++) {
        if (size > 1 && size - 1 <= length)
            seek(search, key_first(codes, size - 1), 0, size - 1);
        for (int64_t start = 0; start + size <= length; start++) {
            uint64_t key = 0;
            for (int64_t at = start; at < start + size; at++) key = extend(key, codes[at]);
            seek(search, mix(key, (uint64_t)size), start, start + size);
        }
        if (size > 1 && size - 2 == length) seek(search, key_whole(codes, length), 0, length);
        if (size > 1 && size - 1 <= length)
            seek(search, key_last(codes + length, size - 1), length - size + 1, length);
    }
}

static void seek_words(const Model *model, Search *search, const uint32_t *codes,
                       const int32_t *ends, int64_t n_words) {
    Token before = {0};
    int64_t start = 0;
    for (int64_t at = 0; at < n_words; at++) {
        Token token = read_token(model, codes, start, ends[at]);
        start = token.end;
        if (token.is_word) seek(search, token.key, token.start, start);
        if (token.is_word && before.is_word)
            seek(search, key_pair(&before, &token), before.start, start);
        before = token;
    }
}

/* Gives the greatest difference of sums that stand so far apart. Several are compared side by side,
   as the processor does it at once; a greatest one does not hang on the order. */
static double find_most(const double *sums, int64_t size, int64_t length) {
    double most[AT_ONCE];
    int64_t n = length - size + 1, at = 0;
    for (int lane = 0; lane < AT_ONCE; lane++) most[lane] = sums[size] - sums[0];
    for (; at + AT_ONCE <= n; at += AT_ONCE)
        for (int lane = 0; lane < AT_ONCE; lane++) {
            double here = sums[at + lane + size] - sums[at + lane];
            most[lane] = here > most[lane] ? here : most[lane];
        }
    for (; at < n; at++)
        if (sums[at + size] - sums[at] > most[0]) most[0] = sums[at + size] - sums[at];
    for (int lane = 1; lane < AT_ONCE; lane++)
        if (most[lane] > most[0]) most[0] = most[lane];
    return most[0];
}

/* fanzha.explain._best_stretch; gives its weight and sets where it is. */
static double best_stretch(const double *sums, int64_t length, int64_t *start, int64_t *end) {
    double total = 0.0;
    *start = *end = 0;
    for (int64_t size = 1; size <= LONGEST_CHARS && size <= length; size++) {
        int64_t best = 0;
        double most = find_most(sums, size, length);
        if (!(most > total + ROUNDING)) continue;
        while (sums[best + size] - sums[best] < most - ROUNDING) best++;
        if (sums[best + size] - sums[best] > total + ROUNDING) {
            total = sums[best + size] - sums[best];
            *start = best;
            *end = best + size;
        }
    }
    return total;
}

/* Room for the longest of some texts. */
typedef struct {
    CutSpace cut;
    Search chars, words;
    double *weights, *sums;
} Work;

/* Gives what each character of a text adds to a label: to the answers that decide on it. */
static void weigh_characters(const Words *words, const Model *model, const uint32_t *codes,
                             int64_t n, int64_t label, int32_t *counts, Work *work) {
    double answers[MOST_QUESTIONS], *weights = work->weights, sum = 0.0;
    memcpy(answers, model->intercepts, (size_t)count_questions(model) * sizeof *answers);
    work->chars.n_all = work->words.n_all = 0;
    seek_ngrams(&work->chars, codes, n);
    find_columns(model, &work->chars, counts);
    /* Meanwhile the weights come from memory. */
    int64_t n_words = cut_range(words, codes, 0, n, &work->cut);
    seek_words(model, &work->words, codes, work->cut.ends, n_words);
    share_out(model, &work->chars, counts, answers);
    find_columns(model, &work->words, counts);
    share_out(model, &work->words, counts, answers);
    Deciding deciding = find_deciding(model, answers, label);
    memset(weights, 0, ((size_t)n + 1) * sizeof *weights);
    spread(model, &work->chars, &deciding, weights);
    spread(model, &work->words, &deciding, weights);
    for (int64_t at = 0; at < n; at++) weights[at] = sum += weights[at];
}

/* Gives how many stretches add most; their places and sums are put into `spans` and `totals`. */
static int32_t strongest_spans(Work *work, int64_t n, int32_t *spans, double *totals) {
    for (int32_t n_spans = 0; n_spans < MOST_SPANS; n_spans++) {
        int64_t from, to;
        work->sums[0] = 0.0;
        for (int64_t at = 0; at < n; at++) {
            double weight = work->weights[at];
            work->sums[at + 1] = work->sums[at] + (isinf(weight) ? TAKEN : weight);
        }
        double total = best_stretch(work->sums, n, &from, &to);
        if (total < LEAST_WEIGHT) return n_spans;
        spans[2 * n_spans] = (int32_t)from;
        spans[2 * n_spans + 1] = (int32_t)to;
        totals[n_spans] = total;
        for (int64_t at = from; at < to; at++) work->weights[at] = -INFINITY;
    }
    return MOST_SPANS;
}

/* Finds the stretches of the texts codes[offsets[i]:offsets[i + 1]] that add most to the label of
   each, at most three.

   `n_spans` takes how many a text has; of each text `spans` has room for MOST_SPANS of two places
   and `totals` for as many sums. `counts` as in fanzha_decide. Gives 0, or -1 where memory is
   short. */
int fanzha_explain(const Words *words, const Model *model, const uint32_t *codes,
                   const int64_t *offsets, const int32_t *labels, int64_t n_texts, int32_t *counts,
                   int32_t *n_spans, int32_t *spans, double *totals) {
    int64_t longest = 0;
    for (int64_t text = 0; text < n_texts; text++)
        if (offsets[text + 1] - offsets[text] > longest)
            longest = offsets[text + 1] - offsets[text];
    size_t size = (size_t)longest + 2;
    Work work;
    int ready = open_cut_space(&work.cut, longest);
    ready = open_search(&work.chars, &model->chars, size * LONGEST_NGRAM) && ready;
    ready = open_search(&work.words, &model->words, size * 2) && ready;
    work.weights = malloc(size * sizeof *work.weights);
    work.sums = malloc(size * sizeof *work.sums);
    ready = ready && work.weights && work.sums;
    for (int64_t text = 0; ready && text < n_texts; text++) {
        int64_t n = offsets[text + 1] - offsets[text];
        weigh_characters(words, model, codes + offsets[text], n, labels[text], counts, &work);
        n_spans[text] = strongest_spans(&work, n, spans + 2 * MOST_SPANS * text,
                                        totals + MOST_SPANS * text);
    }
    close_search(&work.chars);
    close_search(&work.words);
    free(work.weights);
    free(work.sums);
    close_cut_space(&work.cut);
    return ready ? 0 : -1;
}
