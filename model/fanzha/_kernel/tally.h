/* Counts of the columns in a stretch of text, and what they add: fanzha.features. */
#ifndef FANZHA_TALLY_H
#define FANZHA_TALLY_H

#include "kernel.h"

#include <math.h>
#include <stdlib.h>

#define BOUNDARY 2
#define UNKNOWN -1
#define NO_WORD -2

/* A word of a text. `column` and `pair`, that of the word with the one before it, are UNKNOWN
   outside the vocabulary and NO_WORD where there is none. */
typedef struct {
    uint64_t key, pair_key;
    int32_t start, end, column, pair;
} Token;

typedef struct {
    int32_t *counts;  /* by column; all 0 between stretches */
    int32_t *columns; /* those that occur */
    int64_t n_columns, n_known;
    double *part, *sums;
} Tally;

static inline int open_tally(Tally *tally, const Model *model, int32_t *counts, int64_t longest) {
    tally->counts = counts;
    tally->n_columns = tally->n_known = 0;
    tally->columns = malloc(((size_t)longest * LONGEST_NGRAM + 8) * sizeof *tally->columns);
    tally->part = malloc((size_t)model->width * sizeof *tally->part);
    return tally->columns && tally->part;
}

static inline void close_tally(Tally *tally) {
    free(tally->columns);
    free(tally->part);
}

static inline void count_column(Tally *tally, int32_t column) {
    if (column < 0) return;
    tally->n_known++;
    if (tally->counts[column]++ == 0) tally->columns[tally->n_columns++] = column;
}

/* fanzha.features.weigh: tf is 1 + ln(count). */
static inline double weigh_count(const Model *model, int32_t column, int32_t count) {
    double tf = count < N_TF ? model->tf[count] : 1.0 + log((double)count);
    return tf * model->rows[(column + 1) * model->width - 1];
}

/* Adds what the counted columns say of each label to the sums, and begins a new count. */
static inline void add_tally(Tally *tally, const Model *model, int64_t n_found) {
    double norm = model->unknown_idf * model->unknown_idf * (double)(n_found - tally->n_known);
    int64_t width = (model->n_labels + 3) & ~3;
    double *restrict part = tally->part;
    for (int64_t label = 0; label < width; label++) part[label] = 0.0;
    for (int64_t at = 0; at < tally->n_columns; at++) {
        int32_t column = tally->columns[at];
        double value = weigh_count(model, column, tally->counts[column]);
        const float *restrict row = model->rows + column * model->width;
        tally->counts[column] = 0;
        norm += value * value;
        for (int64_t label = 0; label < width; label++) part[label] += value * row[label];
    }
    if (tally->n_columns) {
        double scale = 1.0 / sqrt(norm);
        for (int64_t label = 0; label < model->n_labels; label++)
            tally->sums[label] += part[label] * scale;
    }
    tally->n_columns = tally->n_known = 0;
}

/* How many n-grams a text has, its two ends counting as one sign each. */
static inline int64_t count_ngrams(int64_t length) {
    return length + (length + 1) + length + (length > 0 ? length - 1 : 0);
}

/* Columns of the n-grams that hold an end of the text: before its first n characters, ... */
static inline int32_t find_first(const Model *model, const uint32_t *start, int64_t n) {
    uint64_t key = BOUNDARY;
    for (int64_t at = 0; at < n; at++) key = extend(key, start[at]);
    return find(&model->chars, mix(key, (uint64_t)n + 1));
}

/* ... after its last n characters, ... */
static inline int32_t find_last(const Model *model, const uint32_t *end, int64_t n) {
    uint64_t key = 0;
    for (int64_t at = -n; at < 0; at++) key = extend(key, end[at]);
    return find(&model->chars, mix(extend(key, BOUNDARY), (uint64_t)n + 1));
}

/* ... and around all its n characters. */
static inline int32_t find_whole(const Model *model, const uint32_t *start, int64_t n) {
    uint64_t key = BOUNDARY;
    for (int64_t at = 0; at < n; at++) key = extend(key, start[at]);
    return find(&model->chars, mix(extend(key, BOUNDARY), (uint64_t)n + 2));
}

static inline uint64_t pair_keys(uint64_t before, uint64_t key) {
    return (before * MULTIPLIER + key) ^ WORD_PAIR;
}

/* Reads a word that follows tokens[at - 1]: fanzha.features.find_words; punctuation and blanks are
   none. */
static inline void read_token(const Model *model, const uint32_t *codes, int64_t start, int64_t end,
                              Token *tokens, int64_t at) {
    Token *token = tokens + at;
    uint64_t key = 0;
    int is_word = 0;
    for (int64_t place = start; place < end; place++) {
        key = extend(key, codes[place]);
        is_word |= codes[place] < KNOWN_SIGNS && model->alphanumeric[codes[place]];
    }
    token->start = (int32_t)start;
    token->end = (int32_t)end;
    token->key = mix(key, WORD);
    token->pair_key = at ? pair_keys(tokens[at - 1].key, token->key) : 0;
    token->column = is_word ? UNKNOWN : NO_WORD;
}

static inline int32_t find_word(const Model *model, uint64_t key) {
    int32_t found = find(&model->words, key);
    return found < 0 ? UNKNOWN : found + (int32_t)model->n_char_columns;
}

static inline void find_token(const Model *model, Token *token) {
    if (token->column != NO_WORD) token->column = find_word(model, token->key);
}

/* Finds the pair of tokens[at] with the one before it, which the first does not have. */
static inline void find_pair(const Model *model, Token *tokens, int64_t at) {
    Token *token = tokens + at;
    token->pair = NO_WORD;
    if (at == 0 || token->column == NO_WORD || tokens[at - 1].column == NO_WORD) return;
    token->pair_key = pair_keys(tokens[at - 1].key, token->key);
    token->pair = find_word(model, token->pair_key);
}

static inline void put_token(const Model *model, const uint32_t *codes, int64_t start, int64_t end,
                             Token *tokens, int64_t at) {
    read_token(model, codes, start, end, tokens, at);
    find_token(model, tokens + at);
    find_pair(model, tokens, at);
}

/* Counts a word and its pair; gives how many these are. */
static inline int64_t count_token(Tally *tally, const Token *token) {
    count_column(tally, token->column);
    count_column(tally, token->pair);
    return (token->column != NO_WORD) + (token->pair != NO_WORD);
}

#endif
