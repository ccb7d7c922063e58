/* Tables and scratch space that the kernel's parts share.

   All text is UTF-32 code points in `codes`; all places count from the start of `codes`. Every
   function gives the results of the Python that its comment names; the tests compare them. */
#ifndef FANZHA_KERNEL_H
#define FANZHA_KERNEL_H

#include <stdint.h>

#define LONGEST_NGRAM 4
#define KNOWN_SIGNS 0x40000
#define N_TF 256
#define LOOKED_UP 3
#define LANES 16
#define IDF (LANES - 1)

/* Asks for what a later step needs from memory. */
#ifdef __GNUC__
#define PREFETCH(address) __builtin_prefetch(address)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define PREFETCH(address) ((void)(address))
#define ALWAYS_INLINE inline
#endif

/* fanzha.keys.KeyTable */
typedef struct {
    const uint64_t *keys;
    const int32_t *starts;
    const uint8_t *marks;
    int64_t shift;
} KeyTable;

/* fanzha.dictionary.WordTables */
typedef struct {
    KeyTable prefixes;
    const uint16_t *singles;
    const uint16_t *counts;
    const double *weights;
    const uint16_t *signs;
    const double *emissions;
} Words;

/* fanzha.classify.Classifier. A row of `rows` has LANES floats: a column's weights, one a label,
   zeros, and last its idf. The columns of words follow those of n-grams. */
typedef struct {
    KeyTable chars, words;
    const float *rows;
    int64_t n_labels, n_char_columns;
    const double *intercepts, *margins;
    const uint8_t *alphanumeric;
    const double *tf; /* of a count below N_TF */
    double unknown_idf;
} Model;

/* Looked-up beginnings of words: the mixed keys of the first two, three and four signs from a
   place, and how many of these may be in the dictionary, one after the other. */
typedef struct {
    uint64_t raw, mixed[LOOKED_UP];
    int32_t n;
} Ahead;

/* Where words end; each array has one entry more than the longest text has code points. */
typedef struct {
    Ahead *ahead;
    double *best;
    int32_t *steps;
    uint8_t (*paths)[4];
    int32_t *ends;
    int known_only; /* no guess at unknown words */
} CutSpace;

#define MULTIPLIER 0x9E3779B97F4A7C15ULL
#define WORD 16
#define WORD_PAIR 17

/* fanzha.keys.mix with the salt of a kind */
static inline uint64_t mix(uint64_t key, uint64_t kind) {
    key ^= kind * MULTIPLIER;
    key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9ULL;
    key = (key ^ (key >> 27)) * 0x94D049BB133111EBULL;
    return key ^ (key >> 31);
}

static inline uint64_t extend(uint64_t key, uint32_t code) { return key * MULTIPLIER + code; }

/* Tells whether a key may be in the table: one in sixteen that are not passes. */
static inline int may_hold(const KeyTable *table, uint64_t key) {
    uint64_t mark = key >> (table->shift - 4);
    return table->marks[mark >> 3] >> (mark & 7) & 1;
}

/* Gives the place of a key among the sorted keys, or -1. */
static inline int32_t find_held(const KeyTable *table, uint64_t key) {
    uint64_t place = key >> table->shift;
    for (int32_t at = table->starts[place], end = table->starts[place + 1]; at < end; at++)
        if (table->keys[at] == key) return at;
    return -1;
}

static inline void ask_for_start(const KeyTable *table, uint64_t key) {
    PREFETCH(table->starts + (key >> table->shift));
}

static inline void ask_for_key(const KeyTable *table, uint64_t key) {
    PREFETCH(table->keys + table->starts[key >> table->shift]);
}

static inline int32_t find(const KeyTable *table, uint64_t key) {
    return may_hold(table, key) ? find_held(table, key) : -1;
}

int open_cut_space(CutSpace *space, int64_t n);
void close_cut_space(CutSpace *space);
int inside_block(const uint32_t *codes, int64_t place);
int64_t cut_range(const Words *words, const uint32_t *codes, int64_t start, int64_t end,
                  CutSpace *space);

#endif
