/* Scores posts whole and by their windows: fanzha.classify.Classifier.define_log_odds. */
#include "kernel.h"
#include "tally.h"

#include <math.h>
#include <stdlib.h>

#define PLACES_AT_ONCE 64

/* One post in work. */
typedef struct {
    const Words *words;
    const Model *model;
    const uint32_t *codes;
    int64_t length;
    int32_t (*columns)[LONGEST_NGRAM]; /* of the n-grams that begin at a place, -1 if unknown */
    Token *tokens;                     /* of the post whole, and one that begins at its end */
    int32_t *token_at;                 /* number of the token that begins at a place */
    Token *own;                        /* of a window */
    int32_t *edges;                    /* of its sentences */
    CutSpace space;
    Tally tally;
} Work;

/* Finds the columns of all n-grams, some places at a time: what a step needs from memory was asked
   for in the step before. */
static void look_up_ngrams(Work *work) {
    const Model *model = work->model;
    const KeyTable *table = &model->chars;
    int32_t *columns = work->columns[0];
    uint64_t keys[PLACES_AT_ONCE * LONGEST_NGRAM];
    int32_t held[PLACES_AT_ONCE * LONGEST_NGRAM];
    for (int64_t first = 0; first < work->length; first += PLACES_AT_ONCE) {
        int64_t end = first + PLACES_AT_ONCE < work->length ? first + PLACES_AT_ONCE : work->length;
        int n_held = 0;
        for (int64_t place = first; place < end; place++) {
            uint64_t key = 0;
            for (int n = 0; n < LONGEST_NGRAM; n++) {
                int64_t at = place * LONGEST_NGRAM + n;
                columns[at] = -1;
                if (place + n >= work->length) continue;
                key = extend(key, work->codes[place + n]);
                uint64_t mixed = mix(key, (uint64_t)n + 1);
                keys[n_held] = mixed;
                held[n_held] = (int32_t)(at - first * LONGEST_NGRAM);
                n_held += may_hold(table, mixed);
            }
        }
        for (int at = 0; at < n_held; at++) ask_for_start(table, keys[at]);
        for (int at = 0; at < n_held; at++) ask_for_key(table, keys[at]);
        for (int at = 0; at < n_held; at++) {
            int32_t column = find_held(table, keys[at]);
            columns[first * LONGEST_NGRAM + held[at]] = column;
            if (column >= 0) PREFETCH(model->rows + column * model->width);
        }
    }
}

static void look_up_words(Work *work) {
    int64_t n = cut_range(work->words, work->codes, 0, work->length, &work->space);
    const Model *model = work->model;
    Token *tokens = work->tokens;
    int64_t start = 0;
    for (int64_t at = 0; at < n; at++) {
        work->token_at[start] = (int32_t)at;
        read_token(model, work->codes, start, work->space.ends[at], tokens, at);
        ask_for_start(&model->words, tokens[at].key);
        ask_for_start(&model->words, tokens[at].pair_key);
        start = work->space.ends[at];
    }
    for (int64_t at = 0; at < n; at++) {
        ask_for_key(&model->words, tokens[at].key);
        ask_for_key(&model->words, tokens[at].pair_key);
    }
    for (int64_t at = 0; at < n; at++) {
        find_token(model, tokens + at);
        find_pair(model, tokens, at);
        if (tokens[at].column >= 0) PREFETCH(model->rows + tokens[at].column * model->width);
        if (tokens[at].pair >= 0) PREFETCH(model->rows + tokens[at].pair * model->width);
    }
    work->token_at[work->length] = (int32_t)n;
    work->tokens[n].start = (int32_t)work->length;
}

static void tally_ngrams(Work *work, int64_t start, int64_t end) {
    int64_t length = end - start;
    Tally *tally = &work->tally;
    for (int64_t place = start; place < end; place++) {
        int64_t room = end - place < LONGEST_NGRAM ? end - place : LONGEST_NGRAM;
        for (int n = 0; n < room; n++) count_column(tally, work->columns[place][n]);
    }
    for (int64_t n = 1; n < LONGEST_NGRAM && n <= length; n++) {
        count_column(tally, find_first(work->model, work->codes + start, n));
        count_column(tally, find_last(work->model, work->codes + end, n));
    }
    if (length <= LONGEST_NGRAM - 2)
        count_column(tally, find_whole(work->model, work->codes + start, length));
    add_tally(tally, work->model, count_ngrams(length));
}

/* Cuts codes[start:end], the beginning or end of a window, and puts its words after n others. */
static int64_t put_cut(Work *work, int64_t start, int64_t end, int64_t n) {
    int64_t n_cut = cut_range(work->words, work->codes, start, end, &work->space);
    for (int64_t at = 0; at < n_cut; at++) {
        put_token(work->model, work->codes, start, work->space.ends[at], work->own, n++);
        start = work->space.ends[at];
    }
    return n;
}

/* Words of a window are those of the post, but for a block of letters and Han characters that
   the window cuts. */
static void tally_words(Work *work, int64_t start, int64_t end) {
    int64_t first = start, last = end;
    if (start > 0)
        while (first < end && inside_block(work->codes, first)) first++;
    if (end < work->length)
        while (last > first && inside_block(work->codes, last)) last--;
    int64_t n = first > start ? put_cut(work, start, first, 0) : 0;
    for (int64_t at = work->token_at[first]; first < last && work->tokens[at].start < last; at++) {
        work->own[n] = work->tokens[at];
        if (work->tokens[at].start == first) find_pair(work->model, work->own, n);
        n++;
    }
    if (last < end) n = put_cut(work, last, end, n);
    int64_t n_found = 0;
    for (int64_t at = 0; at < n; at++) n_found += count_token(&work->tally, work->own + at);
    add_tally(&work->tally, work->model, n_found);
}

static void score_range(Work *work, int64_t start, int64_t end, double *sums) {
    work->tally.sums = sums;
    tally_ngrams(work, start, end);
    tally_words(work, start, end);
}

static int is_stop(uint32_t code) {
    switch (code) {
    case '\n': case 0x3002: case '!': case '?': case ';': case '~': case ' ': return 1;
    default: return 0;
    }
}

static int64_t find_edges(const Work *work, int64_t size) {
    int64_t n = 0;
    work->edges[n++] = 0;
    for (int64_t end = 1; end <= work->length; end++) {
        int stops = is_stop(work->codes[end - 1]);
        if (end < work->length && (!stops || is_stop(work->codes[end]))) continue;
        while (end - work->edges[n - 1] > size) {
            work->edges[n] = (int32_t)(work->edges[n - 1] + size);
            n++;
        }
        if (end > work->edges[n - 1]) work->edges[n++] = (int32_t)end;
    }
    return n;
}

/* The scores of one post as they grow. */
typedef struct {
    const double *base;
    double *sums, *best;
    int32_t *starts, *ends;
} Best;

static void judge(Work *work, Best *best, int64_t start, int64_t end, double margin) {
    for (int64_t label = 0; label < work->model->n_labels; label++) best->sums[label] = 0.0;
    score_range(work, start, end, best->sums);
    for (int64_t label = 0; label < work->model->n_labels; label++) {
        double found = best->sums[label] + best->base[label] - margin;
        if (found > best->best[label]) {
            best->best[label] = found;
            best->starts[label] = (int32_t)start;
            best->ends[label] = (int32_t)end;
        }
    }
}

/* fanzha.windows.WindowKind.cut */
static void judge_windows(Work *work, Best *best, const Kind *kind, double margin) {
    if (work->length <= kind->least_chars || isinf(margin)) return;
    if (!kind->by_sentence) {
        int64_t last = work->length - kind->size;
        for (int64_t start = 0; start < last; start += kind->stride)
            judge(work, best, start, start + kind->size, margin);
        judge(work, best, last, work->length, margin);
        return;
    }
    int64_t n = find_edges(work, kind->size), last = 1, reached = 0;
    for (int64_t first = 0; first < n - 1; first++) {
        if (last < first + 1) last = first + 1;
        while (last + 1 < n && work->edges[last + 1] - work->edges[first] <= kind->size) last++;
        if (work->edges[last] > reached) {
            reached = work->edges[last];
            judge(work, best, work->edges[first], reached, margin);
        }
    }
}

static void judge_post(Work *work, Best *best) {
    look_up_ngrams(work);
    look_up_words(work);
    judge(work, best, 0, work->length, 0.0);
    for (int kind = 0; kind < N_KINDS; kind++)
        judge_windows(work, best, work->model->kinds + kind, work->model->margins[kind]);
}

/* Scores the posts codes[offsets[i]:offsets[i + 1]] with the facts facts[fact_offsets[i]:...].

   `best`, `starts` and `ends` have a row a post and a column a label: the log-odds, and the
   stretch of the post that they came from. `counts` has a zero for each column, and again after.
   Gives 0, or -1 where memory is short. */
int fanzha_decide(const Words *words, const Model *model, const uint32_t *codes,
                  const int64_t *offsets, int64_t n_posts, const int32_t *facts,
                  const int64_t *fact_offsets, int32_t *counts, double *best, int32_t *starts,
                  int32_t *ends) {
    int64_t n_labels = model->n_labels, longest = 0;
    for (int64_t post = 0; post < n_posts; post++)
        if (offsets[post + 1] - offsets[post] > longest)
            longest = offsets[post + 1] - offsets[post];
    size_t size = (size_t)longest + 2;
    Work work = {.words = words, .model = model};
    work.columns = malloc(size * sizeof *work.columns);
    work.tokens = malloc(size * sizeof *work.tokens);
    work.token_at = malloc(size * sizeof *work.token_at);
    work.own = malloc(size * sizeof *work.own);
    work.edges = malloc(size * sizeof *work.edges);
    int ready = open_cut_space(&work.space, longest);
    ready = open_tally(&work.tally, model, counts, longest) && ready;
    double *sums = malloc(2 * (size_t)n_labels * sizeof *sums);
    ready = ready && work.columns && work.tokens && work.token_at && work.own && work.edges && sums;
    for (int64_t post = 0; ready && post < n_posts; post++) {
        double *base = sums + n_labels;
        for (int64_t label = 0; label < n_labels; label++) {
            base[label] = model->intercepts[label];
            for (int64_t at = fact_offsets[post]; at < fact_offsets[post + 1]; at++)
                base[label] += model->facts[facts[at] * n_labels + label];
            best[post * n_labels + label] = -INFINITY;
        }
        Best here = {base, sums, best + post * n_labels, starts + post * n_labels,
                     ends + post * n_labels};
        work.codes = codes + offsets[post];
        work.length = offsets[post + 1] - offsets[post];
        judge_post(&work, &here);
    }
    free(work.columns);
    free(work.tokens);
    free(work.token_at);
    free(work.own);
    free(work.edges);
    free(sums);
    close_cut_space(&work.space);
    close_tally(&work.tally);
    return ready ? 0 : -1;
}
