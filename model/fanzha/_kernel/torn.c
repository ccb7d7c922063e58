/* Tells where marks may tear an ordinary word: fanzha.torn. */
#include "look.h"

#define WIDEST_TEAR 2
#define TORN_REACH 4
#define FIRST_HAN 0x4E00
#define LAST_HAN 0x9FD5
#define NO_PREFIX 0xFFFF
#define LEAST_TORN 1.0
#define LEAST_LISTED 6.0
#define LEAST_DOUBLED 8.0
#define ROUNDING 1e-6

/* Tells whether marks may stand at a place inside a word: fanzha.torn. */
static inline int is_loose_sign(const Page *page, int64_t place) {
    return page->symbols[place] <= BESIDE;
}

static inline int may_be_torn(const Page *page, int64_t place) {
    uint32_t code = page->codes[place];
    return is_letter(code) ||
           (code >= FIRST_HAN && code <= LAST_HAN && page->symbols[place] != NOTHING);
}

static inline double weight_alone(const Words *words, uint32_t code) {
    uint16_t count = words->singles[code];
    return words->weights[count == NO_PREFIX ? 0 : count];
}

/* Gives the next place of a letter from a place on, step by step, over few marks; -1 for none. */
static int64_t next_letter(const Page *page, int64_t place, int64_t step) {
    for (int gap = 0; gap <= WIDEST_TEAR && place >= 0 && place < page->n; gap++, place += step) {
        if (may_be_torn(page, place)) return place;
        if (!is_loose_sign(page, place)) return -1;
    }
    return -1;
}

/* Tells whether a word is itself a disguise: fanzha.disguises.SPELLINGS. */
static int is_spelling(uint32_t first, uint32_t second) {
    if (first == 0x52A0) return second == 0x8587 || second == 0x5A01; /* 加薇 加威 */
    return second == 0x4FE1 && (first == 0x8587 || first == 0x5A01 || first == 0x5FBD);
}

/* Tells whether a word of the dictionary reaches over the marks between two places that has so much
   in its favour beside its characters by themselves, which are no likelier than its parts. */
static int word_reaches_over(const Words *words, const Page *page, int64_t left, int64_t right,
                             double least) {
    uint32_t before[TORN_REACH], after[TORN_REACH];
    int n_before = 0, n_after = 0;
    for (; left >= 0 && n_before < TORN_REACH; left = next_letter(page, left - 1, -1))
        before[n_before++] = page->codes[left];
    for (; right >= 0 && n_after < TORN_REACH; right = next_letter(page, right + 1, 1))
        after[n_after++] = page->codes[right];
    double weight_before = 0.0;
    for (int size = 1; size <= n_before; size++) {
        uint64_t key = 0;
        for (int at = size - 1; at >= 0; at--) key = extend(key, before[at]);
        weight_before += weight_alone(words, before[size - 1]);
        double apart = weight_before;
        for (int at = 0; at < n_after; at++) {
            key = extend(key, after[at]);
            apart += weight_alone(words, after[at]);
            int32_t count = find_value(&words->prefixes, mix(key, WORD));
            if (count < 0) break;
            if (!count) continue;
            double favour = words->weights[count] - apart;
            if (favour >= least) return 1;
            if (favour >= -ROUNDING && size == 1 && at == 0 && is_spelling(before[0], after[0]))
                return 1;
        }
    }
    return 0;
}

/* Marks that join, count, name or point where they stand. */
static int has_meaning(uint32_t code) {
    switch (code) {
    case ' ': case '\t': case '@': case '#': case '&': case '%': case '$': case '+': case '<':
    case '>': case 0x20AC: case 0xA3: case 0xA5: case 0xD7: case 0xF7: case 0x2014: case 0x2013:
    case 0x2015: case 0x2016: case 0x2192: case 0x2190: case 0x2191: case 0x2193: case 0x27A1:
    case 0x2B05: case 0x2B06: case 0x2B07: case 0x21D2: case 0x2794: case 0x279C: case 0xB0:
    case 0x2103: return 1;
    default: return 0;
    }
}

/* Marks that honest writers put between what they list or name. */
static int is_listing(uint32_t code) {
    switch (code) {
    case '/': case '\\': case '|': case '-': case '~': case '.': case 0xB7: case 0x2022:
    case 0x30FB: case 0x2027: case 0x2219: case '=': case '\'': return 1;
    default: return 0;
    }
}

/* Tells whether the marks that begin at a place may tear a word. */
int may_tear(const Words *words, const Page *page, int64_t place) {
    const uint32_t *codes = page->codes + place;
    if (place == 0 || place + 1 >= page->n || !may_be_torn(page, place - 1)) return 0;
    int n = 1 + is_loose_sign(page, place + 1), listing = 0;
    if (place + n >= page->n || !may_be_torn(page, place + n)) return 0;
    int doubled = n == 2 && codes[0] == codes[1] && (codes[0] == 0x3001 || codes[0] == 0x3002);
    for (int mark = 0; !doubled && mark < n; mark++) {
        if (has_meaning(codes[mark])) return 0;
        if (page->symbols[place + mark] != NOTHING && !is_heart(codes[mark])) return 0;
        listing |= is_listing(codes[mark]);
    }
    double least = doubled ? LEAST_DOUBLED : listing ? LEAST_LISTED : LEAST_TORN;
    return word_reaches_over(words, page, place - 1, place + n, least - ROUNDING);
}
