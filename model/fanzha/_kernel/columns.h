/* Keys of the words of a text and of the n-grams at its ends: fanzha.features. */
#ifndef FANZHA_COLUMNS_H
#define FANZHA_COLUMNS_H

#include "kernel.h"

#include <math.h>

#define BOUNDARY 2

/* A word of a text; punctuation and blanks are none. */
typedef struct {
    uint64_t key;
    int32_t start, end, is_word;
    int32_t n_before; /* words and pairs of words that begin before it */
} Token;

/* fanzha.features.weigh: tf is 1 + ln(count). */
static inline double weigh_count(const Model *model, int64_t count) {
    return count < N_TF ? model->tf[count] : 1.0 + log((double)count);
}

/* How many n-grams a text has, its two ends counting as one sign each. */
static inline int64_t count_ngrams(int64_t length) {
    return length + (length + 1) + length + (length > 0 ? length - 1 : 0);
}

/* Keys of the n-grams that hold an end of the text: before its first n characters, ... */
static inline uint64_t key_first(const uint32_t *start, int64_t n) {
    uint64_t key = BOUNDARY;
    for (int64_t at = 0; at < n; at++) key = extend(key, start[at]);
    return mix(key, (uint64_t)n + 1);
}

/* ... after its last n characters, ... */
static inline uint64_t key_last(const uint32_t *end, int64_t n) {
    uint64_t key = 0;
    for (int64_t at = -n; at < 0; at++) key = extend(key, end[at]);
    return mix(extend(key, BOUNDARY), (uint64_t)n + 1);
}

/* ... and around all its n characters. */
static inline uint64_t key_whole(const uint32_t *start, int64_t n) {
    uint64_t key = BOUNDARY;
    for (int64_t at = 0; at < n; at++) key = extend(key, start[at]);
    return mix(extend(key, BOUNDARY), (uint64_t)n + 2);
}

static inline uint64_t key_pair(const Token *first, const Token *second) {
    return (first->key * MULTIPLIER + second->key) ^ WORD_PAIR;
}

/* fanzha.features.find_words */
static inline Token read_token(const Model *model, const uint32_t *codes, int64_t start,
                               int64_t end) {
    uint64_t key = 0;
    int is_word = 0;
    for (int64_t place = start; place < end; place++) {
        key = extend(key, codes[place]);
        is_word |= codes[place] < KNOWN_SIGNS && model->alphanumeric[codes[place]];
    }
    return (Token){mix(key, WORD), (int32_t)start, (int32_t)end, is_word, 0};
}

#endif
