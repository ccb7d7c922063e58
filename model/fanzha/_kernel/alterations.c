/* Seeks terms in which characters are exchanged or stand apart: fanzha.alterations. */
#include "look.h"

#include <stddef.h>

#define ADJACENT 19
#define SPREAD 20
#define PARTED 21
#define LONGER 22
#define BESIDE_LONGER 23
#define LONGER_APART 24
#define LIKE 26
#define WIDEST_PARTING 2
#define NEAR_BITS 13 /* fanzha.look_tables */
#define NEAR_FIRST 0x9E3779B1U
#define NEAR_SECOND 0x85EBCA77U

static inline int holds(const KeyTable *table, uint32_t first, uint32_t second, uint64_t kind) {
    return find(table, mix(extend(first, second), kind)) >= 0;
}

static inline int holds_three(const KeyTable *table, const uint32_t *codes, uint32_t last,
                              uint64_t kind) {
    return find(table, mix(extend(extend(codes[-1], codes[0]), last), kind)) >= 0;
}

/* Tells whether a character of a long term and one exchanged, at a place and the next, have a
   third beside them that may be of the term too. */
static int goes_on(const Look *look, const Page *page, int64_t place) {
    const uint32_t *codes = page->codes + place;
    if (place > 0 && (page->kinds[place - 1] & RARE ||
                      holds(&look->pairs, codes[-1], codes[0], BESIDE_LONGER)))
        return 1;
    return place + 2 < page->n && (page->kinds[place + 2] & RARE ||
                                   holds(&look->pairs, codes[1], codes[2], BESIDE_LONGER));
}

/* Tells whether two characters of a term stand apart, as 套,现 or 花x呗, those of it before them
   side by side. */
static int stand_apart(const Look *look, const Page *page, int64_t place) {
    const uint32_t *codes = page->codes + place;
    int parted = page->symbols[place + 1] == BARRIER;
    for (int far = 2; far <= 2 + parted && place + far < page->n; far++) {
        if (far == 3 && page->symbols[place + 2] != BARRIER) break;
        if (!(page->kinds[place + far] & OWN)) continue;
        if (!parted && page->kinds[place + 1] & DIGIT) continue;
        if (holds(&look->pairs, codes[0], codes[far], parted ? PARTED : SPREAD)) return 1;
        if (place > 0 && holds_three(&look->pairs, codes, codes[far], LONGER_APART)) return 1;
    }
    return 0;
}

/* Gives where the anchors of a character begin among all, and in `end` where they end. */
static int32_t find_anchors(const Look *look, uint32_t code, int32_t *end) {
    int64_t low = 0, high = look->n_own;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (look->own[middle] < code) low = middle + 1;
        else high = middle;
    }
    int is_own = low < look->n_own && look->own[low] == code;
    *end = is_own ? look->firsts[low + 1] : 0;
    return is_own ? look->firsts[low] : 0;
}

/* Tells whether a term whose first own character stands at a place may have others exchanged. */
static int may_be_exchanged(const Look *look, const Page *page, int64_t at, const uint32_t *term,
                            int64_t size, int64_t place) {
    int64_t start = at - place;
    int odd = 0;
    if (start < 0 || start + size > page->n) return 0;
    for (int64_t sign = 0; sign < size; sign++) {
        uint32_t written = page->codes[start + sign];
        if (written == term[sign]) {
            if (sign < place) return 0;
        } else if (page->kinds[start + sign] & RARE ||
                   holds(&look->pairs, term[sign], written, LIKE))
            odd = 1;
        else
            return 0;
    }
    return odd;
}

/* Gives where a term ends that stands from a place on with single characters between, or 0. */
static int64_t end_spread(const Page *page, int64_t at, const uint32_t *term, int64_t size) {
    int64_t last = at;
    for (int64_t sign = 1; sign < size; sign++) {
        if (last + 1 < page->n && page->codes[last + 1] == term[sign])
            last++;
        else if (last + 2 < page->n && page->codes[last + 2] == term[sign] &&
                 page->symbols[last + 1] != BARRIER && !is_digit(page->codes[last + 1]))
            last += 2;
        else
            return 0;
    }
    return last - at >= size ? last + 1 : 0;
}

/* Gives where a term ends that stands from a place on with sentence marks between, or 0. */
static int64_t end_parted(const Page *page, int64_t at, const uint32_t *term, int64_t size) {
    int64_t last = at;
    int parted = 0;
    for (int64_t sign = 1; sign < size; sign++) {
        int64_t next = last + 1;
        while (next - last <= WIDEST_PARTING && next < page->n && page->symbols[next] == BARRIER) {
            if (page->codes[next] == '\n') return 0;
            parted = 1;
            next++;
        }
        if (next >= page->n || page->codes[next] != term[sign]) return 0;
        last = next;
    }
    return parted ? last + 1 : 0;
}

/* Gives a bit for each sign of codes[0:n] that is not the term's next. */
static uint32_t find_strange(const uint32_t *codes, int64_t n, const uint32_t *term,
                             int64_t size) {
    uint32_t strange = 0;
    int64_t own = 0;
    for (int64_t place = 0; place < n; place++) {
        if (own < size && codes[place] == term[own]) own++;
        else strange |= 1U << place;
    }
    return strange;
}

/* Tells whether a term is altered whose first own character, its `sign`th, stands at a place; not
   where words explain it, unless these are null. */
static int may_be_altered(const Look *look, const Words *words, const Page *page, int64_t at,
                          const uint32_t *term, int64_t size, int64_t sign) {
    if (may_be_exchanged(look, page, at, term, size, sign)) {
        uint32_t strange = 0;
        for (int64_t place = 0; place < size; place++)
            if (page->codes[at - sign + place] != term[place]) strange |= 1U << place;
        return !words || !is_altered_by_chance(words, page, at - sign, at - sign + size, term,
                                               size, strange);
    }
    if (sign) return 0;
    const uint32_t *codes = page->codes + at;
    int64_t end = end_spread(page, at, term, size);
    if (end && (!words || !is_altered_by_chance(words, page, at, end, codes, end - at,
                                                find_strange(codes, end - at, term, size))))
        return 1;
    end = end_parted(page, at, term, size);
    return end && (!words || !is_altered_by_chance(words, page, at, end, term, size, 0));
}

/* Tells whether a term may be altered whose first own character stands no later than at the second
   of two places and no further before than a term is long. */
static int may_alter(const Look *look, const Words *words, const Page *page, int64_t place) {
    int64_t at = place < LONGEST_TERM ? 0 : place + 1 - LONGEST_TERM;
    for (; at <= place + 1 && at < page->n; at++) {
        int32_t end;
        if (!(page->kinds[at] & OWN)) continue;
        for (int32_t one = find_anchors(look, page->codes[at], &end); one < end; one++) {
            int32_t number = look->anchors[one] / LONGEST_TERM;
            int64_t sign = look->anchors[one] % LONGEST_TERM;
            const uint32_t *term = look->terms + number * (1 + LONGEST_TERM);
            int64_t size = *term++;
            if (may_be_altered(look, words, page, at, term, size, sign)) return 1;
        }
    }
    return 0;
}

/* Tells whether two characters may stand side by side where a term is altered, or, the second one
   first, may be a term's own and stand apart: fanzha.look_tables. One in fifty of others pass. */
static inline uint64_t may_be_near(const Look *look, uint32_t first, uint32_t second) {
    uint32_t hash = first * NEAR_FIRST + second * NEAR_SECOND;
    uint32_t bits = look->near[hash >> (32 - NEAR_BITS)];
    uint32_t one = hash >> (27 - NEAR_BITS) & 31, other = hash >> (22 - NEAR_BITS) & 31;
    return bits >> one & bits >> other & 1;
}

/* Tells whether a term may be altered at a place and the next, or at it and one apart. */
static int is_altered(const Look *look, const Page *page, int64_t place) {
    const uint32_t *codes = page->codes + place;
    uint16_t own = page->kinds[place], next = page->kinds[place + 1];
    return (own | next) & RARE || holds(&look->pairs, codes[0], codes[1], ADJACENT) ||
           (holds(&look->pairs, codes[0], codes[1], LONGER) && goes_on(look, page, place)) ||
           (own & OWN && place + 2 < page->n && stand_apart(look, page, place));
}

/* What stands at 64 places of a page and behind them, a bit for each; `next` are those of the next 64. */
typedef struct {
    uint64_t own, next_own, barriers, next_barriers, rare, next_rare;
} Stretch;

static inline void read_ahead(const Page *page, int64_t base, Stretch *stretch) {
    int64_t rest = page->n - base;
    stretch->own = stretch->next_own;
    stretch->barriers = stretch->next_barriers;
    stretch->rare = stretch->next_rare;
    stretch->next_own = stretch->next_barriers = stretch->next_rare = 0;
    if (rest <= 0) return;
    stretch->next_own = bits_with(page->kinds + base, OWN) & bits_before(rest);
    stretch->next_barriers = bits_up_to(page->symbols + base, BARRIER);
    if (page->all & RARE) stretch->next_rare = bits_with(page->kinds + base, RARE);
}

/* Gives a bit for each of 64 places, the last of a page left out, where a term may be altered at the
   place and the next, or at it and one apart. */
static inline uint64_t find_near(const Look *look, const uint32_t *codes, const Stretch *stretch,
                                 int64_t n) {
    uint64_t own = stretch->own, found = 0;
    uint64_t pairs = (own | bits_ahead(own, stretch->next_own, 1)) & bits_before(n);
    for (uint64_t bits = pairs; bits; bits &= bits - 1) {
        int64_t bit = lowest(bits);
        found |= may_be_near(look, codes[bit], codes[bit + 1]) << bit;
    }
    uint64_t apart = own & bits_ahead(own, stretch->next_own, 2);
    for (uint64_t bits = apart; bits; bits &= bits - 1) {
        int64_t bit = lowest(bits);
        found |= may_be_near(look, codes[bit + 2], codes[bit]) << bit;
    }
    apart = own & bits_ahead(own, stretch->next_own, 3);
    apart &= bits_ahead(stretch->barriers, stretch->next_barriers, 1);
    apart &= bits_ahead(stretch->barriers, stretch->next_barriers, 2);
    uint64_t rare = stretch->rare | bits_ahead(stretch->rare, stretch->next_rare, 1);
    return found | apart | (pairs & rare);
}

/* Seeks characters of a term beside such as may stand for others, and apart. */
uint32_t seek_alterations(const Look *look, const Words *words, const Page *page, Open *open) {
    Stretch stretch = {.own = 0};
    read_ahead(page, 0, &stretch);
    for (int64_t base = 0; base < page->n; base += BITS) {
        read_ahead(page, base + BITS, &stretch);
        uint64_t bits = find_near(look, page->codes + base, &stretch, page->n - base - 1);
        for (; bits; bits &= bits - 1) {
            int64_t place = base + lowest(bits);
            if (is_altered(look, page, place) &&
                may_alter(look, open->reads ? NULL : words, page, place) &&
                note(open, 0, PAIR, place, place))
                return TRACE;
        }
    }
    return 0;
}
