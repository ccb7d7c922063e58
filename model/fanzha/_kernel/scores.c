/* Scores posts whole and by their windows: fanzha.classify.Classifier.decide_by_rows. */
#include "block.h"
#include "columns.h"
#include "windows.h"

#include <math.h>
#include <stdlib.h>

/* Windows of the same text may be added up in another order: the first of equals is kept. */
#define ROUNDING 1e-10
#define WINDOWS_AT_ONCE 32

/* One post in work. */
typedef struct {
    const Words *words;
    const Model *model;
    const uint32_t *codes;
    int64_t length;
    Token *tokens;      /* of the post whole, and one that begins at its end */
    int32_t *token_at;  /* number of the token that a place is in */
    Block chars, pairs; /* its n-grams; its words and their pairs */
    Window *windows;
    int32_t *edges, *piece_at, *cuts; /* see list_windows and find_pieces */
    CutSpace space;
} Work;

static void look_up_ngrams(Work *work) {
    Block *chars = &work->chars;
    for (int64_t place = 0; place < work->length; place++) {
        int64_t room = work->length - place < LONGEST_NGRAM ? work->length - place : LONGEST_NGRAM;
        uint64_t key = 0;
        for (int64_t n = 1; n <= room; n++) {
            key = extend(key, work->codes[place + n - 1]);
            take(chars, mix(key, (uint64_t)n), place, place + n, 1);
        }
        if (chars->n_held > KEYS_AT_ONCE - LONGEST_NGRAM) find_all(chars);
    }
    find_all(chars);
}

static void look_up_words(Work *work) {
    Block *pairs = &work->pairs;
    Token *tokens = work->tokens, before = {0};
    int64_t n = cut_range(work->words, work->codes, 0, work->length, &work->space), start = 0;
    int32_t n_before = 0;
    for (int64_t at = 0; at < n; at++) {
        Token token = read_token(work->model, work->codes, start, work->space.ends[at]);
        int is_pair = before.is_word & token.is_word;
        take(pairs, key_pair(&before, &token), before.start, token.end, is_pair);
        take(pairs, token.key, start, token.end, token.is_word);
        token.n_before = n_before += is_pair;
        n_before += token.is_word;
        for (; start < token.end; start++) work->token_at[start] = (int32_t)at;
        tokens[at] = before = token;
        if (pairs->n_held > KEYS_AT_ONCE - 2) find_all(pairs);
    }
    work->token_at[work->length] = (int32_t)n;
    tokens[n] = (Token){.start = (int32_t)work->length, .n_before = n_before};
    find_all(pairs);
}

/* Looks the n-grams up that windows have at their ends; gives where those of each end. */
static void look_up_ends(Work *work, const Window *windows, int64_t n, int32_t *ends) {
    Block *chars = &work->chars;
    for (int64_t at = 0; at < n; at++) {
        const uint32_t *start = work->codes + windows[at].start;
        int64_t length = windows[at].end - windows[at].start;
        for (int64_t size = 1; size < LONGEST_NGRAM && size <= length; size++) {
            take_own(chars, key_first(start, size));
            take_own(chars, key_last(start + length, size));
        }
        if (length <= LONGEST_NGRAM - 2) take_own(chars, key_whole(start, length));
        ends[at] = (int32_t)chars->n_own;
    }
    find_own(chars, ends, n);
}

static void score_ngrams(Work *work, Stretch stretch, int32_t first_own, int32_t end_own,
                         double *sums) {
    stretch.own = work->chars.own + first_own;
    stretch.n_own = end_own - first_own;
    stretch.n_all = count_ngrams(stretch.end - stretch.start);
    stretch.hang = stretch.end - (LONGEST_NGRAM - 1);
    add_stretch(&work->chars, &stretch, sums);
}

/* Takes the pair of a word with the one before it, if that is of the stretch. */
static void take_pair(Work *work, Stretch *stretch, const Token *before, const Token *token) {
    if (!before->is_word || !token->is_word) return;
    take_own(&work->pairs, key_pair(before, token));
    stretch->n_all++;
}

/* Takes words from `start` on, as they were cut into space.ends[at:n], that follow `before`. */
static void take_cut(Work *work, Stretch *stretch, Token *before, int64_t start, int64_t at,
                     int64_t n) {
    for (; at < n; at++) {
        Token token = read_token(work->model, work->codes, start, work->space.ends[at]);
        if (token.is_word) {
            take_own(&work->pairs, token.key);
            stretch->n_all++;
        }
        take_pair(work, stretch, before, &token);
        *before = token;
        start = token.end;
    }
}

/* Takes the words that the stretch shares with the post: tokens[first:end]. */
static void take_shared(Work *work, Stretch *stretch, Token *before, int64_t first, int64_t end) {
    const Token *tokens = work->tokens;
    if (first == end) {
        stretch->end_piece = stretch->first_piece;
        return;
    }
    take_pair(work, stretch, before, tokens + first);
    *before = tokens[end - 1];
    stretch->start = tokens[first].start;
    stretch->hang = before->start;
    stretch->end = before->end;
    stretch->n_all += tokens[end].n_before - tokens[first].n_before;
    stretch->n_all -= before->is_word & tokens[end].is_word;
}

/* Where a word as it was cut begins, the first at `start`. */
static int64_t begins(const Work *work, int64_t at, int64_t start) {
    return at ? work->space.ends[at - 1] : start;
}

/* Tells whether a word as it was cut is one of the post. */
static int is_shared(const Work *work, int64_t at, int64_t start) {
    int64_t place = begins(work, at, start);
    const Token *token = work->tokens + work->token_at[place];
    return token->start == place && token->end == work->space.ends[at];
}

/* Words of a window are those of the post, but for some in a block of letters and Han characters
   that the window cuts: these blocks are cut into words again. */
static void score_words(Work *work, Stretch stretch, double *sums) {
    int64_t start = stretch.start, end = stretch.end, first = start, last = end;
    Token before = {0};
    if (start > 0)
        while (first < end && inside_block(work->codes, first)) first++;
    if (end < work->length)
        while (last > first && inside_block(work->codes, last)) last--;
    if (first == end && end < work->length && inside_block(work->codes, end)) {
        int64_t n = cut_range(work->words, work->codes, start, end, &work->space), n_own = 0;
        while (n_own < n && !is_shared(work, n_own, start)) n_own++;
        int64_t at = n_own;
        while (at < n && is_shared(work, at, start)) at++;
        take_cut(work, &stretch, &before, start, 0, n_own);
        int64_t token = work->token_at[begins(work, n_own, start)];
        take_shared(work, &stretch, &before, token, token + at - n_own);
        take_cut(work, &stretch, &before, begins(work, at, start), at, n);
    } else {
        int64_t from = work->token_at[first], to = work->token_at[last], n = 0, n_shared = 0;
        if (first > start) n = cut_range(work->words, work->codes, start, first, &work->space);
        while (n && is_shared(work, n - 1, start)) n--, from--;
        take_cut(work, &stretch, &before, start, 0, n);
        n = last < end ? cut_range(work->words, work->codes, last, end, &work->space) : 0;
        while (n_shared < n && is_shared(work, n_shared, last)) n_shared++, to++;
        take_shared(work, &stretch, &before, from, to);
        take_cut(work, &stretch, &before, begins(work, n_shared, last), n_shared, n);
    }
    int32_t end_own = (int32_t)work->pairs.n_own;
    find_own(&work->pairs, &end_own, 1);
    stretch.own = work->pairs.own;
    stretch.n_own = end_own;
    add_stretch(&work->pairs, &stretch, sums);
}

/* The scores of one post as they grow. */
typedef struct {
    double *best;
    int32_t *starts, *ends;
} Best;

/* Scores the post whole, which is window 0, or one of its windows. */
static void judge(Work *work, Best *best, int64_t number, int32_t first_own, int32_t end_own) {
    double sums[LANES] = {0.0};
    const Window *window = work->windows + number;
    const Model *model = work->model;
    Stretch stretch = {.first_piece = work->piece_at[window->start],
                       .end_piece = work->piece_at[window->end],
                       .start = window->start,
                       .end = window->end,
                       .whole = number == 0};
    score_ngrams(work, stretch, first_own, end_own, sums);
    score_words(work, stretch, sums);
    for (int64_t label = 0; label < model->n_labels; label++) {
        double found = sums[label] + model->intercepts[label];
        if (number) found -= model->margins[label];
        if (found > best->best[label] + ROUNDING) {
            best->best[label] = found;
            best->starts[label] = window->start;
            best->ends[label] = window->end;
        }
    }
}

/* Gives 0 where memory is short. */
static int judge_post(Work *work, Best *best) {
    int64_t n = list_windows(work->model, work->codes, work->length, work->edges, work->windows);
    int64_t n_pieces = find_pieces(work->windows, n, work->length, work->piece_at, work->cuts);
    int64_t widest = 0;
    for (int64_t at = 1; at < n; at++) {
        int64_t size = work->windows[at].end - work->windows[at].start;
        if (size > widest) widest = size;
    }
    if (!begin_block(&work->chars, work->cuts, n_pieces, widest)) return 0;
    if (!begin_block(&work->pairs, work->cuts, n_pieces, widest)) return 0;
    look_up_ngrams(work);
    look_up_words(work);
    finish_block(&work->chars);
    finish_block(&work->pairs);
    for (int64_t first = 0; first < n; first += WINDOWS_AT_ONCE) {
        int64_t n_here = n - first < WINDOWS_AT_ONCE ? n - first : WINDOWS_AT_ONCE;
        int32_t ends[WINDOWS_AT_ONCE];
        look_up_ends(work, work->windows + first, n_here, ends);
        for (int64_t at = 0; at < n_here; at++)
            judge(work, best, first + at, at ? ends[at - 1] : 0, ends[at]);
    }
    clear_block(&work->chars);
    clear_block(&work->pairs);
    return 1;
}

/* Scores the posts codes[offsets[i]:offsets[i + 1]] by their wording.

   `best`, `starts` and `ends` have a row a post and a column a label: the log-odds, and the
   stretch of the post that they came from. `counts` has a zero for each column, and again after.
   Gives 0, or -1 where memory is short. */
int fanzha_decide(const Words *words, const Model *model, const uint32_t *codes,
                  const int64_t *offsets, int64_t n_posts, int32_t *counts, double *best,
                  int32_t *starts, int32_t *ends) {
    int64_t n_labels = model->n_labels, longest = 0;
    for (int64_t post = 0; post < n_posts; post++)
        if (offsets[post + 1] - offsets[post] > longest)
            longest = offsets[post + 1] - offsets[post];
    size_t size = (size_t)longest + 2;
    Work work = {.words = words, .model = model};
    work.tokens = malloc(size * sizeof *work.tokens);
    work.token_at = malloc(size * sizeof *work.token_at);
    work.windows = malloc((WINDOWS_A_SIGN * size + MORE_WINDOWS) * sizeof *work.windows);
    work.edges = malloc(size * sizeof *work.edges);
    work.cuts = malloc(size * sizeof *work.cuts);
    work.piece_at = malloc(size * sizeof *work.piece_at);
    int ready = open_cut_space(&work.space, longest);
    ready = open_block(&work.chars, model, 0, counts, LONGEST_NGRAM * longest,
                       2 * LONGEST_NGRAM * WINDOWS_AT_ONCE) &&
            ready;
    ready = open_block(&work.pairs, model, 1, counts, 2 * longest, 2 * MOST_CHARS) && ready;
    ready = ready && work.tokens && work.token_at && work.windows && work.edges && work.cuts &&
            work.piece_at;
    for (int64_t post = 0; ready && post < n_posts; post++) {
        for (int64_t label = 0; label < n_labels; label++)
            best[post * n_labels + label] = -INFINITY;
        Best here = {best + post * n_labels, starts + post * n_labels, ends + post * n_labels};
        work.codes = codes + offsets[post];
        work.length = offsets[post + 1] - offsets[post];
        ready = judge_post(&work, &here);
    }
    free(work.tokens);
    free(work.token_at);
    free(work.windows);
    free(work.edges);
    free(work.cuts);
    free(work.piece_at);
    close_cut_space(&work.space);
    close_block(&work.chars);
    close_block(&work.pairs);
    return ready ? 0 : -1;
}
