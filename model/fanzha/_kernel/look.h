/* Tables of the first look at posts as they were written: fanzha.look. */
#ifndef FANZHA_LOOK_H
#define FANZHA_LOOK_H

#include "bits.h"
#include "kernel.h"

#define LEAD_CODES 12
#define LEAD_PLACES 24
#define AROUND 5
#define LONGEST_TERM 8
#define MOST_TERMS 2
#define CONTEXT_BITS 12
#define N_SINGLES 0x10000
#define NUMBER_BITS 4
#define LAST_NUMBER 15

/* What a sign may be part of; see fanzha.look. */
enum {
    DIGIT = 1, FOREIGN = 2, SPOKEN = 4, SOUND = 8, LETTER = 16, ID = 32, HUNDRED = 64,
    MASK_OR_LINK = 128, SIGNED = 256, DRAWN = 512, WANTED = 1024, RARE = 2048, OWN = 4096, GAP = 8192,
    LEAD = 16384, LINK = 32768,
};

enum { PAIR = -1, TEAR = -2, ROW = -3 }; /* numbers of leads of no shape */

enum { NOTHING, BARRIER, BESIDE, OTHER, FIRST_SYMBOL }; /* up to BESIDE, signs that are marks */

/* What is seen in a post. */
enum { NUMBERS = 1, CONTACTS = 2, MASKED = 4, TRACE = 8, CHANGED = 16, NUMERALS = 64, ALOUD = 128 };

/* A writing that honest words around it may explain: by each of some terms, if words reach over its
   edges in its place, or if one holds a sign of the writing that is `strange` to it, a bit each. */
typedef struct {
    uint32_t terms[MOST_TERMS][LONGEST_TERM];
    int32_t sizes[MOST_TERMS];
    uint32_t strange[MOST_TERMS];
    int32_t n, unused;
    uint64_t key;
} Context;

/* Two symbols with which a shape begins: the shape that they are, or -1, and a bit for each remainder
   by 64 of the symbols that may be third. */
typedef struct {
    uint64_t thirds;
    int32_t number, unused;
} Opening;

/* What a code point becomes, what it may be part of, and how it sounds. */
typedef struct {
    uint32_t folded; /* EXPANDS and a place in `expansions`, or the code point */
    uint16_t kinds, symbol;
} Sign;

typedef struct {
    const Sign *signs; /* by code point */
    const uint32_t *expansions; /* how many follow, and these */
    const uint16_t *drawn; /* the symbol of what a code point looks like */
    KeyTable shapes; /* of the beginnings of shapes */
    const int32_t *numbers; /* of the shape, or -1 for a mere beginning */
    const uint32_t *beginnings; /* a bit for each two symbols: whether a shape begins so */
    const uint16_t *opened; /* by two symbols that begin one: the place in `openings` */
    const Opening *openings;
    int64_t n_symbols;
    KeyTable pairs;
    const uint32_t *near; /* bits: see may_be_near */
    const uint32_t *terms; /* that may be altered: length and characters */
    const uint32_t *own;   /* all of these characters, sorted, ... */
    const int32_t *firsts; /* ... and where the anchors of each begin */
    const int32_t *anchors; /* number of the term times LONGEST_TERM, and place in it */
    int64_t n_own;
    const uint64_t *dull; /* keys of writings that are no disguise, 0 where none is */
    const Context *contexts; /* of those that are none beside some words; as `dull` */
} Look;

/* N-grams but for those in `singles`, sorted by their keys; a tag is a key's lower half. The upper
   half holds its place, so that all but 16 bits of a key are compared. */
typedef struct {
    const uint32_t *tags; /* three more stand behind */
    const int32_t *starts;
    const uint8_t *marks;
    int64_t shift;
    int32_t first; /* the column of the first */
} Ngrams;

/* fanzha.screen.Screen. A row of `lanes` has what an n-gram adds to each label, and in its column
   n_labels to the square of the length. */
typedef struct {
    Ngrams ngrams;
    const int16_t *lanes;
    const float *scales, *intercepts, *margins;
    const float *tf; /* of a count below N_TF */
    const int32_t *singles; /* the column of each sign below N_SINGLES, or -1 */
    float unknown, unknown_square; /* for each sign, and for one n-gram, beyond what is known */
    int64_t n_labels, n_rows;
} Sieve;

/* What may be a term in disguise, for Python to judge: a shape, whose `key` is that of its writing
   in `codes`, or 0 where that is long; or a place where characters may stand for others, with
   the number -1, where marks may tear a word, with -2, or where single signs may stand in a row,
   with -3. Places are those of the folded text:
   `at` has those of the symbols of a shape, of `n_before` before it and `n_after` behind it, or
   none where there is no room; `barriers` has a bit for each of these that is a sentence mark. */
typedef struct {
    uint64_t key;
    int32_t post, number, first, last, drawn, n_codes;
    uint32_t codes[LEAD_CODES];
    int32_t n_shape, n_before, n_after;
    uint32_t barriers;
    int32_t at[LEAD_PLACES + 2 * AROUND];
} Lead;

/* A window, by its place in the post's folded text, the estimate of which is not below the cuts: fanzha.spots. */
typedef struct {
    int32_t post, first, end;
} Spot;

/* What estimates are held against, a cut a label, and the spots that are noted, at most `room`;
   `cuts` may be null. A post has room for one spot every so many signs, whatever stands beside it. */
#define SIGNS_A_SPOT 16
typedef struct {
    const float *cuts;
    Spot *spots;
    int64_t n, room;
} Cuts;

/* A post's folded text; each array has room for `room` signs, and for BITS more, of which nothing is
   known. */
typedef struct {
    uint32_t *codes;
    uint16_t *kinds, *symbols, *string;
    int32_t *at;
    int32_t *edges, *stops;        /* where sentences begin, and end without blanks */
    int32_t *columns, *piece_ends; /* see find_columns */
    int32_t *own, *own_ends;       /* columns at the two ends of each sentence, as windows have them */
    int32_t *repeated;             /* columns that occur again */
    int64_t room, n, n_columns, n_signs, n_sentences;
    uint16_t all; /* kinds of all signs together */
    int changed, circled; /* circled: a circled digit may be the counter of a list */
} Page;

/* Leads that are noted, in order. */
typedef struct {
    Lead *leads;
    int64_t n, room;
    int32_t post, drawn;
    int reads; /* numerals of the post may be read as digits, among which other words stand */
} Open;

static inline int is_letter(uint32_t code) { return code >= 'a' && code <= 'z'; }

static inline int is_heart(uint32_t code) {
    return code == 0x2764 || code == 0x2665 || code == 0x1F9E1 ||
           (code >= 0x1F499 && code <= 0x1F49B);
}

static inline int is_digit(uint32_t code) { return code >= '0' && code <= '9'; }

int open_page(Page *page);
void close_page(Page *page);
int fold_post(const Look *look, const uint32_t *raw, int64_t n, Page *page);
uint32_t find_values(Page *page);
uint32_t note(Open *open, uint64_t key, int32_t number, int64_t first, int64_t last);
uint32_t seek_rows(const Page *page, Open *open);
uint32_t seek_alterations(const Look *look, const Words *words, const Page *page, Open *open);
int is_explained(const Look *look, const Words *words, const Page *page, int64_t start,
                 int64_t end, int64_t n, uint64_t key);
int is_altered_by_chance(const Words *words, const Page *page, int64_t start, int64_t end,
                         const uint32_t *term, int64_t n, uint32_t strange);
/* Tells whether a mark may be one that tears a word: a sentence mark does so only doubled. */
static inline int may_be_tear(const Page *page, int64_t place) {
    uint32_t code = page->codes[place], next = place + 1 < page->n ? page->codes[place + 1] : 0;
    return page->symbols[place] == NOTHING || code == next || is_heart(code);
}

int may_tear(const Words *words, const Page *page, int64_t place);
void find_columns(const Sieve *sieve, Page *page);
void estimate(const Sieve *sieve, const Page *page, int32_t post, int32_t *counts, Cuts *cuts,
              float *best);

#endif
