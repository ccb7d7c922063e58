/* Scores posts whole and by their windows: fanzha.classify.Classifier.decide_by_rows. */
#include "block.h"
#include "columns.h"
#include "questions.h"
#include "windows.h"

#include <math.h>
#include <stdlib.h>

/* Windows of the same text may be added up in another order: the first of equals is kept. */
#define ROUNDING 1e-10
#define WINDOWS_AT_ONCE 64

#define EDGES_AT_ONCE (2 * WINDOWS_AT_ONCE)
#define SIGNS_AT_ONCE (HELD_AT_ONCE / LONGEST_NGRAM)
#define LONGER (LONGEST_NGRAM - 1) /* n-grams of more than one sign that begin at one */

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
    int32_t *edge_numbers; /* by piece, of edges where windows begin and before which they end */
    Edge window_edges[EDGES_AT_ONCE];
    CutSpace space;
} Work;

/* Holds the n-grams that begin at the first of some signs and before the last. */
static void hold_ngrams(Work *work, int64_t first, int64_t last) {
    Block *chars = &work->chars;
    uint64_t keys[SIGNS_AT_ONCE][LONGER];
    int64_t whole = work->length - LONGER; /* from it on there are fewer */
    if (whole > last) whole = last;
    for (int64_t place = first; place < whole; place++) {
        const uint32_t *codes = work->codes + place;
        uint64_t two = extend(codes[0], codes[1]), three = extend(two, codes[2]);
        uint64_t *here = keys[place - first];
        here[0] = mix(two, 2);
        here[1] = mix(three, 3);
        here[2] = mix(extend(three, codes[3]), 4);
        for (int n = 0; n < LONGER; n++) ask_for_mark(chars->table, here[n]);
    }
    for (int64_t place = first; place < last; place++) {
        uint32_t code = work->codes[place];
        if (code >= N_SINGLES) hold(chars, mix(code, 1), place, place + 1, 1);
        if (place < whole) {
            for (int n = 0; n < LONGER; n++)
                hold(chars, keys[place - first][n], place, place + n + 2, 1);
            continue;
        }
        uint64_t key = code;
        for (int64_t n = 2; n <= LONGEST_NGRAM && place + n <= work->length; n++) {
            key = extend(key, work->codes[place + n - 1]);
            hold(chars, mix(key, (uint64_t)n), place, place + n, 1);
        }
    }
}

/* Holds the words that the post was cut into, and their pairs, and finds all but the last. */
static void hold_words(Work *work, int64_t n) {
    Block *pairs = &work->pairs;
    Token *tokens = work->tokens, before = {0};
    int64_t start = 0;
    int32_t n_before = 0;
    for (int64_t at = 0; at < n; at++) {
        Token token = read_token(work->model, work->codes, start, work->space.ends[at]);
        int is_pair = before.is_word & token.is_word;
        if (pairs->n_held > HELD_AT_ONCE - 2) {
            ask_for_held(pairs);
            find_all(pairs);
            pairs->n_ready = before.start;
            sum_found(pairs);
        }
        hold(pairs, key_pair(&before, &token), before.start, token.end, is_pair);
        hold(pairs, token.key, start, token.end, token.is_word);
        token.n_before = n_before += is_pair;
        n_before += token.is_word;
        for (; start < token.end; start++) work->token_at[start] = (int32_t)at;
        tokens[at] = before = token;
    }
    work->token_at[work->length] = (int32_t)n;
    tokens[n] = (Token){.start = (int32_t)work->length, .n_before = n_before};
}

/* Finds what the post has. Memory is asked for what one step needs before another is done. */
static void look_up(Work *work) {
    Block *chars = &work->chars, *pairs = &work->pairs;
    for (int64_t first = 0; first < work->length; first += SIGNS_AT_ONCE) {
        int64_t left = work->length - first;
        hold_ngrams(work, first, first + (left < SIGNS_AT_ONCE ? left : SIGNS_AT_ONCE));
        ask_for_held(chars);
        if (left <= SIGNS_AT_ONCE) break;
        sum_found(chars);
        find_all(chars);
        chars->n_ready = first + SIGNS_AT_ONCE;
    }
    int64_t n = cut_range(work->words, work->codes, 0, work->length, &work->space);
    find_all(chars);
    hold_words(work, n);
    ask_for_held(pairs);
    finish_block(chars);
    find_all(pairs);
}

/* Takes the n-grams that hold the first sign of a stretch of the post, or its last. */
static void take_first(Work *work, int64_t start, int64_t length) {
    for (int64_t size = 1; size < LONGEST_NGRAM && size <= length; size++)
        take_own(&work->chars, key_first(work->codes + start, size));
}

static void take_last(Work *work, int64_t end, int64_t length) {
    for (int64_t size = 1; size < LONGEST_NGRAM && size <= length; size++)
        take_own(&work->chars, key_last(work->codes + end, size));
}

/* Looks the n-grams up that windows have at their ends; gives where those of each end. */
static void look_up_ends(Work *work, const Window *windows, int64_t n, int32_t *ends) {
    Block *chars = &work->chars;
    for (int64_t at = 0; at < n; at++) {
        int64_t start = windows[at].start, length = windows[at].end - start;
        take_first(work, start, length);
        take_last(work, windows[at].end, length);
        if (length <= LONGEST_NGRAM - 2) take_own(chars, key_whole(work->codes + start, length));
        ends[at] = (int32_t)chars->n_own;
    }
    find_own(chars, ends, n);
}

/* Gives the edge of some that is at a piece, the next one if there is none yet. */
static int32_t number_edge(Work *work, int64_t piece, int is_end, int32_t *places, int32_t *n) {
    int32_t place = (int32_t)(2 * piece + is_end), number = work->edge_numbers[place];
    if (number < *n && places[number] == place) return number;
    places[*n] = place;
    return work->edge_numbers[place] = (*n)++;
}

/* Looks the n-grams up at the ends of windows, once where several begin or end, and adds them up;
   gives the two edges of each window. */
static void add_edges(Work *work, const Window *windows, int64_t n, const Edge *(*edges)[2]) {
    int32_t places[EDGES_AT_ONCE], ends[EDGES_AT_ONCE], n_edges = 0;
    for (int64_t at = 0; at < n; at++) {
        int64_t length = windows[at].end - windows[at].start;
        for (int is_end = 0; is_end < 2; is_end++) {
            int32_t place = is_end ? windows[at].end : windows[at].start, n_before = n_edges;
            int32_t number = number_edge(work, work->piece_at[place], is_end, places, &n_edges);
            edges[at][is_end] = work->window_edges + number;
            if (n_edges == n_before) continue;
            if (is_end)
                take_last(work, place, length);
            else
                take_first(work, place, length);
            ends[number] = (int32_t)work->chars.n_own;
        }
    }
    find_own(&work->chars, ends, n_edges);
    for (int32_t at = 0, own = 0; at < n_edges; own = ends[at++])
        add_edge(&work->chars, work->chars.own + own, ends[at] - own, places[at] / 2,
                 places[at] % 2 ? LONGER : 0, work->window_edges + at);
}

static void score_ngrams(Work *work, Stretch stretch, double *sums) {
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

/* Scores the post whole, which is window 0, or one of its windows, with some own n-grams or with those
   at two edges. */
static void judge(Work *work, Best *best, int64_t number, int32_t first_own, int32_t end_own,
                  const Edge *const *edges) {
    double sums[N_SUMS] = {0.0};
    const Window *window = work->windows + number;
    const Model *model = work->model;
    Stretch stretch = {.first_piece = work->piece_at[window->start],
                       .end_piece = work->piece_at[window->end],
                       .start = window->start,
                       .end = window->end,
                       .whole = number == 0};
    Stretch with_ends = stretch;
    with_ends.own = work->chars.own + first_own;
    with_ends.n_own = end_own - first_own;
    for (int edge = 0; edges && edge < 2; edge++) with_ends.edges[edge] = edges[edge];
    score_ngrams(work, with_ends, sums);
    score_words(work, stretch, sums);
    for (int64_t at = 0; at < count_questions(model); at++) sums[at] += model->intercepts[at];
    Ranking ranking = rank_labels(model, sums);
    double promotes = sums[promotes_of(model)];
    for (int64_t label = 0; label < model->n_labels; label++) {
        double found = sums[bears_of(label)] + fmin(promotes, lead_of(sums, &ranking, label));
        found = found * model->slopes[label] + model->shifts[label];
        if (number) found -= model->margins[label];
        if (found > best->best[label] + ROUNDING) {
            best->best[label] = found;
            best->starts[label] = window->start;
            best->ends[label] = window->end;
        }
    }
}

/* Tells whether the post has the sign that stands for its ends, so that n-grams at the ends of a window
   may be among the others too. */
static int holds_boundary(const Work *work) {
    int found = 0;
    for (int64_t place = 0; place < work->length; place++) found |= work->codes[place] == BOUNDARY;
    return found;
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
    if (!begin_block(&work->chars, work->codes, work->cuts, n_pieces, widest)) return 0;
    if (!begin_block(&work->pairs, NULL, work->cuts, n_pieces, widest)) return 0;
    look_up(work);
    int32_t ends[WINDOWS_AT_ONCE];
    look_up_ends(work, work->windows, 1, ends);
    finish_block(&work->pairs);
    judge(work, best, 0, 0, ends[0], NULL);
    int is_odd = holds_boundary(work);
    for (int64_t first = 1; first < n; first += WINDOWS_AT_ONCE) {
        int64_t n_here = n - first < WINDOWS_AT_ONCE ? n - first : WINDOWS_AT_ONCE;
        const Edge *edges[WINDOWS_AT_ONCE][2];
        if (is_odd)
            look_up_ends(work, work->windows + first, n_here, ends);
        else
            add_edges(work, work->windows + first, n_here, edges);
        for (int64_t at = 0; at < n_here; at++)
            if (is_odd)
                judge(work, best, first + at, at ? ends[at - 1] : 0, ends[at], NULL);
            else
                judge(work, best, first + at, 0, 0, edges[at]);
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
    work.edge_numbers = calloc(2 * size, sizeof *work.edge_numbers);
    int ready = open_cut_space(&work.space, longest);
    ready = open_block(&work.chars, model, 0, counts, LONGEST_NGRAM * longest,
                       2 * LONGEST_NGRAM * WINDOWS_AT_ONCE) &&
            ready;
    ready = open_block(&work.pairs, model, 1, counts, 2 * longest, 2 * MOST_CHARS) && ready;
    ready = ready && work.tokens && work.token_at && work.windows && work.edges && work.cuts &&
            work.piece_at && work.edge_numbers;
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
    free(work.edge_numbers);
    close_cut_space(&work.space);
    close_block(&work.chars);
    close_block(&work.pairs);
    return ready ? 0 : -1;
}
