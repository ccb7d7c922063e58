/* Tables and scratch space that the kernel's parts share.

   All text is UTF-32 code points in `codes`; all places count from the start of `codes`. Every
   function gives the results of the Python that its comment names; the tests compare them. */
#ifndef FANZHA_KERNEL_H
#define FANZHA_KERNEL_H

#include <stdint.h>
#include <string.h>

#define LONGEST_NGRAM 4
#define KNOWN_SIGNS 0x40000
#define N_TF 256
#define LOOKED_UP 3
#define N_SINGLES 0x10000
#define VALUE_BITS 22
#define MOST_VALUE ((1ULL << VALUE_BITS) - 1)
#define SLOTS_AT_ONCE 3
#define LANES 16 /* of a row of a sieve */
#define MOST_QUESTIONS 24
#define IDF MOST_QUESTIONS /* behind the sums of answers stands that of idf */
#define N_SUMS (IDF + 2)

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

/* fanzha.keys.SlotTable */
typedef struct {
    const uint64_t *slots;
    const uint8_t *marks;
    int64_t shift, mark_shift;
} SlotTable;

/* fanzha.dictionary.WordTables. `prefixes` has the number of the count of each word and beginning;
   `gains` is `weights`, but of what is no word minus infinity. */
typedef struct {
    SlotTable prefixes;
    const uint16_t *singles;
    const double *weights, *gains;
    const uint16_t *signs;
    const double *emissions;
} Words;

/* A column's weights as brief floats (fanzha.brief), one a question (questions.h), then zeros, and its
   idf: one line of memory. */
typedef struct {
    uint16_t weights[30];
    float idf;
} Row;

/* fanzha.classify.Classifier. The columns of words follow those of n-grams. */
typedef struct {
    SlotTable chars, words;
    const int32_t *singles; /* columns of single signs by code point below N_SINGLES, or -1 */
    const Row *rows;
    int64_t n_labels;
    const double *intercepts;                /* of each question */
    const double *slopes, *shifts, *margins; /* of each label */
    const uint8_t *alphanumeric;
    const double *tf; /* of a count below N_TF */
    double unknown_idf;
} Model;

/* Numbers of the counts of the two, three and four signs from a place, 0 where they are no word, and
   whether these four begin something longer. */
typedef struct {
    uint16_t counts[LOOKED_UP];
    uint16_t more;
} Ahead;

/* Where words end; each array has two entries more than the longest text has code points. */
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

static inline int32_t find(const KeyTable *table, uint64_t key) {
    return may_hold(table, key) ? find_held(table, key) : -1;
}

/* The same of slots. */
static inline int is_marked(const SlotTable *table, uint64_t key) {
    uint64_t mark = key >> table->mark_shift;
    return table->marks[mark >> 3] >> (mark & 7) & 1;
}

static inline void ask_for_mark(const SlotTable *table, uint64_t key) {
    PREFETCH(table->marks + (key >> table->mark_shift >> 3));
}

/* Where a key's slot is sought, and what it is told by there: its lower bits. */
static inline int64_t slot_of(const SlotTable *table, uint64_t key) {
    return (int64_t)(key >> table->shift);
}

static inline uint64_t tag_of(uint64_t key) { return key << VALUE_BITS; }

static inline void ask_for_slot(const SlotTable *table, int64_t slot) {
    PREFETCH(table->slots + slot);
    PREFETCH(table->slots + slot + SLOTS_AT_ONCE - 1);
}

/* Gives the value of what has this tag at a slot or next behind it, or -1. Which of the first slots it
   is cannot be foreseen, so there is no branch on it. */
static inline int32_t read_slot(const SlotTable *table, int64_t slot, uint64_t tag) {
    const uint64_t *at = table->slots + slot;
    uint64_t first = at[0] ^ tag, second = at[1] ^ tag, third = at[2] ^ tag;
    uint64_t found = first & -(uint64_t)(first <= MOST_VALUE);
    found |= second & -(uint64_t)(second <= MOST_VALUE);
    found |= third & -(uint64_t)(third <= MOST_VALUE);
    if (!found && at[0] && at[1] && at[2])
        for (at += SLOTS_AT_ONCE; *at && !found; at++)
            if ((*at ^ tag) <= MOST_VALUE) found = *at ^ tag;
    return (int32_t)found - 1;
}

static inline int32_t find_value(const SlotTable *table, uint64_t key) {
    return is_marked(table, key) ? read_slot(table, slot_of(table, key), tag_of(key)) : -1;
}

/* Gives what a brief float of a row stands for. */
static inline float read_weight(const Row *row, int64_t question) {
    uint32_t bits = (uint32_t)row->weights[question] << 16;
    float weight;
    memcpy(&weight, &bits, sizeof weight);
    return weight;
}

int open_cut_space(CutSpace *space, int64_t n);
void close_cut_space(CutSpace *space);
int inside_block(const uint32_t *codes, int64_t place);
int64_t cut_range(const Words *words, const uint32_t *codes, int64_t start, int64_t end,
                  CutSpace *space);

#endif
