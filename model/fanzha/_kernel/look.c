/* Sees in posts, as they were written, what a closer look could find: fanzha.look. */
#include "look.h"

#include <stdlib.h>
#include <string.h>

enum { NOTHING, BARRIER, BESIDE, OTHER, FIRST_SYMBOL }; /* up to BESIDE, signs that are marks */

#define SHAPE 18
#define ADJACENT 19
#define SPREAD 20
#define PARTED 21
#define LONGER 22
#define BESIDE_LONGER 23
#define LONGER_APART 24
#define WIDEST_GAP 4
#define WIDEST_TEAR 2 /* fanzha.torn */
#define TORN_REACH 4
#define PAIR -1 /* numbers of leads that are of no shape */
#define TEAR -2
#define FIRST_HAN 0x4E00
#define LAST_HAN 0x9FD5
#define NO_PREFIX 0xFFFF
#define DULL_BITS 16
#define PROBES 32

typedef struct {
    Lead *leads;
    int64_t n, room;
    int32_t post, drawn;
} Open;

/* Takes note of a lead; gives what is seen of the post then. */
static uint32_t note(Open *open, uint64_t key, int32_t number, int64_t first, int64_t last) {
    if (open->n == open->room) return TRACE;
    Lead *lead = open->leads + open->n++;
    lead->key = key;
    lead->post = open->post;
    lead->number = number;
    lead->first = (int32_t)first;
    lead->last = (int32_t)last;
    lead->drawn = open->drawn;
    lead->n_codes = lead->n_shape = lead->n_before = lead->n_after = 0;
    lead->barriers = 0;
    return 0;
}

/* Takes note of a shape at string[start:end], of n symbols in all, and of what stands around it. */
static uint32_t note_places(const Page *page, int64_t start, int64_t end, int64_t n, uint64_t key,
                            int32_t number, Open *open) {
    if (note(open, key, number, page->at[start], page->at[end - 1])) return TRACE;
    Lead *lead = open->leads + open->n - 1;
    if (end - start > LEAD_PLACES) return 0;
    int64_t first = start > AROUND ? start - AROUND : 0, last = end + AROUND < n ? end + AROUND : n;
    lead->n_shape = (int32_t)(end - start);
    lead->n_before = (int32_t)(start - first);
    lead->n_after = (int32_t)(last - end);
    for (int64_t place = first; place < last; place++) {
        lead->at[place - first] = page->at[place];
        if (place >= start && place < end) continue;
        if (page->string[place] != BARRIER) continue;
        int64_t bit = place < start ? place - first : AROUND + place - end;
        lead->barriers |= 1U << bit;
    }
    return 0;
}

static int is_letter(uint32_t code) { return code >= 'a' && code <= 'z'; }

static int is_digit(uint32_t code) { return code >= '0' && code <= '9'; }

/* Tells whether letters of a shape, the last of a word at a place, may end there:
   fanzha.candidates. Where digits follow, numerals may be some of them, which is left to Python. */
static int may_end_word(const Page *page, int64_t place, int is_last, int is_mixed) {
    uint32_t after = place < page->n ? page->codes[place] : 0;
    uint32_t beyond = place + 1 < page->n ? page->codes[place + 1] : 0;
    if (is_letter(after) || after == '_' || after == '@') return 0;
    if (!is_last) return 1;
    if (is_digit(after)) return is_mixed;
    return !((after == '.' || after == '/' || after == '-') &&
             (is_letter(beyond) || is_digit(beyond)));
}

/* Tells whether the letters of a shape may be words of their own: fanzha.candidates. */
static int may_stand_apart(const Page *page, const int32_t *where, int64_t n) {
    for (int64_t at = 0; at < n; at++) {
        int64_t place = where[at];
        if (!is_letter(page->codes[place])) continue;
        uint32_t before = place > 0 ? page->codes[place - 1] : 0;
        if (at == 0 || where[at - 1] != place - 1 || !is_letter(before)) {
            if (is_letter(before) || is_digit(before)) return 0;
            if (before == '_' || before == '@' || before == '.' || before == '/' || before == '-')
                return 0;
        }
        int goes_on = at + 1 < n && where[at + 1] == place + 1 && is_letter(page->codes[place + 1]);
        if (!goes_on && !may_end_word(page, place + 1, at + 1 == n, at > 0)) return 0;
    }
    return 1;
}

/* Takes note of a shape at string[start:end] unless it is known to be dull. */
static uint32_t note_shape(const Look *look, const Page *page, int64_t start, int64_t end,
                           int64_t n, int32_t number, Open *open) {
    int64_t first = page->at[start], last = page->at[end - 1];
    if (!may_stand_apart(page, page->at + start, end - start)) return 0;
    if (last - first != end - start - 1) {
        for (int64_t at = start + 1; at < end; at++)
            if (page->at[at] - page->at[at - 1] - 1 > WIDEST_GAP) return 0;
        return note_places(page, start, end, n, 0, number, open);
    }
    if (last - first >= LEAD_CODES) return note_places(page, start, end, n, 0, number, open);
    uint64_t key = (uint64_t)number + 1;
    for (int64_t place = first; place <= last; place++) key = extend(key, page->codes[place]);
    key = mix(key, SHAPE) | 1;
    uint64_t slot = key >> (64 - DULL_BITS);
    for (int probe = 0; probe < PROBES && look->dull[slot]; probe++) {
        if (look->dull[slot] == key) return 0;
        slot = (slot + 1) & ((1 << DULL_BITS) - 1);
    }
    if (note_places(page, start, end, n, key, number, open)) return TRACE;
    Lead *lead = open->leads + open->n - 1;
    lead->n_codes = (int32_t)(last - first + 1);
    memcpy(lead->codes, page->codes + first, (size_t)lead->n_codes * sizeof(uint32_t));
    return 0;
}

/* Tells whether a mark stands every other sign, as in 花,呗,套,现, and parts nothing. */
static inline int is_loose(const uint16_t *symbols, int64_t place, int64_t n) {
    return (place + 2 < n && symbols[place + 2] == BARRIER && symbols[place + 1] != BARRIER) ||
           (place > 1 && symbols[place - 2] == BARRIER && symbols[place - 1] != BARRIER);
}

/* Seeks the shapes of terms in the sounds of a page. */
static uint32_t seek_shapes(const Look *look, Page *page, Open *open) {
    const uint16_t *symbols = page->symbols;
    uint16_t *string = page->string;
    int64_t n = 0;
    for (int64_t place = 0; place < page->n; place++) {
        uint16_t symbol = symbols[place];
        if (symbol == NOTHING || symbol == BESIDE) continue;
        if (symbol == BARRIER && is_loose(symbols, place, page->n)) continue;
        string[n] = symbol;
        page->at[n++] = (int32_t)place;
    }
    uint32_t seen = 0;
    for (int64_t start = 0; start + 1 < n; start++) {
        uint64_t pair = string[start] * (uint64_t)look->n_symbols + string[start + 1];
        if (!(look->beginnings[pair >> 3] >> (pair & 7) & 1)) continue;
        uint64_t key = string[start];
        for (int64_t end = start + 2; end <= n; end++) {
            key = extend(key, string[end - 1]);
            int32_t found = find(&look->shapes, mix(key, SHAPE));
            if (found < 0) break;
            if (look->numbers[found] >= 0)
                seen |= note_shape(look, page, start, end, n, look->numbers[found], open);
        }
    }
    return seen;
}

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

/* Seeks characters of a term beside such as may stand for others, and apart. */
static uint32_t seek_pairs(const Look *look, const Page *page, Open *open) {
    const uint32_t *codes = page->codes;
    for (int64_t place = 0; place + 1 < page->n; place++) {
        uint16_t own = page->kinds[place], next = page->kinds[place + 1];
        if (!((own | next) & OWN)) continue;
        int found = (own | next) & RARE ||
                    holds(&look->pairs, codes[place], codes[place + 1], ADJACENT) ||
                    (holds(&look->pairs, codes[place], codes[place + 1], LONGER) &&
                     goes_on(look, page, place)) ||
                    (own & OWN && place + 2 < page->n && stand_apart(look, page, place));
        if (found && note(open, 0, PAIR, place, place)) return TRACE;
    }
    return 0;
}

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

/* Tells whether a word of the dictionary reaches over the marks between two places that is
   likelier than its characters by themselves. */
static int word_reaches_over(const Words *words, const Page *page, int64_t left, int64_t right) {
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
            int32_t found = find(&words->prefixes, mix(key, WORD));
            if (found < 0) break;
            uint16_t count = words->counts[found];
            if (count && words->weights[count] >= apart) return 1;
        }
    }
    return 0;
}

/* Tells whether the marks that begin at a place may tear a word. */
static int may_tear(const Words *words, const Page *page, int64_t place) {
    uint32_t code = page->codes[place];
    if (code == ' ' || place == 0 || place + 1 >= page->n) return 0;
    if (!may_be_torn(page, place - 1)) return 0;
    int twice = is_loose_sign(page, place + 1);
    if (page->symbols[place] == BARRIER && !(twice && page->codes[place + 1] == code)) return 0;
    int64_t right = place + 1 + twice;
    return right < page->n && may_be_torn(page, right) &&
           word_reaches_over(words, page, place - 1, right);
}

/* Tells whether a post may hold a term in disguise or a torn word, but for the leads. */
static uint32_t find_traces(const Look *look, const Words *words, Page *page, Open *open) {
    uint16_t drawn = 0;
    int torn = 0;
    open->drawn = 0;
    uint32_t seen = seek_pairs(look, page, open);
    for (int64_t place = 0; place < page->n; place++) {
        uint16_t kinds = page->kinds[place];
        if (kinds & SIGNED) return TRACE;
        drawn |= kinds & DRAWN;
        if (!is_loose_sign(page, place)) continue;
        if (!torn && may_tear(words, page, place)) {
            torn = 1; /* one is enough */
            seen |= note(open, 0, TEAR, place, place);
        }
        if (page->symbols[place] != BESIDE) continue;
        if ((place > 0 && page->kinds[place - 1] & WANTED) ||
            (place + 1 < page->n && page->kinds[place + 1] & WANTED))
            return TRACE;
    }
    seen |= seek_shapes(look, page, open);
    if (!drawn || seen) return seen;
    for (int64_t place = 0; place < page->n; place++)
        if (page->kinds[place] & DRAWN) page->symbols[place] = look->drawn[page->codes[place]];
    open->drawn = 1;
    return seek_shapes(look, page, open);
}

/* Looks at the posts codes[offsets[i]:offsets[i + 1]].

   `seen` has what may be found in each; `best`, with a row a post and a column a label, what the
   model would say of it, unless `sieve` is null, and `cuts` the spots where that is not below them.
   `counts` has a zero for each n-gram of the sieve, and again after. Gives how many leads Python has
   to follow, at most `room`, or -1 where memory is short. */
int64_t fanzha_look(const Look *look, const Words *words, const Sieve *sieve,
                    const uint32_t *codes, const int64_t *offsets, int64_t n_posts, uint8_t *seen,
                    int32_t *counts, float *best, Cuts *cuts, Lead *leads, int64_t room) {
    Page page;
    Open open = {leads, 0, room, 0, 0};
    int ready = open_page(&page);
    for (int64_t post = 0; ready && post < n_posts; post++) {
        ready = fold_post(look, codes + offsets[post], offsets[post + 1] - offsets[post], &page);
        if (!ready) break;
        uint32_t found = find_values(&page) | (page.changed ? CHANGED : 0);
        open.post = (int32_t)post;
        found |= find_traces(look, words, &page, &open);
        seen[post] = (uint8_t)found;
        if (!sieve) continue;
        find_columns(sieve, &page);
        estimate(sieve, &page, (int32_t)post, counts, cuts, best + post * sieve->n_labels);
    }
    close_page(&page);
    return ready ? open.n : -1;
}

/* Puts the columns of a post's known n-grams, and sets how many signs it has; gives how many
   columns, -1 where memory is short, or less where more than `room` would be needed: -2 less it. */
int64_t fanzha_columns(const Look *look, const Sieve *sieve, const uint32_t *codes, int64_t n,
                       int32_t *columns, int64_t room, int64_t *n_signs) {
    Page page;
    int64_t found = -1;
    if (open_page(&page) && fold_post(look, codes, n, &page)) {
        find_columns(sieve, &page);
        found = page.n_columns;
        *n_signs = 0;
        for (int64_t number = 0; number < page.n_blocks; number++) *n_signs += page.symbols[number];
        if (found <= room)
            memcpy(columns, page.columns, (size_t)found * sizeof *columns);
        else
            found = -2 - found;
    }
    close_page(&page);
    return found;
}
