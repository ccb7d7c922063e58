/* Sees in posts, as they were written, what a closer look could find: fanzha.look. */
#include "look.h"

#include <stdlib.h>
#include <string.h>

#define SHAPE 18
#define LEAST_JOINED 7
#define LEAST_UNDERLINED 10
#define MARKED_SHAPE 25
#define WIDEST_GAP 4
#define DULL_BITS 16
#define PROBES 32
#define AT_ONCE 8 /* signs that are copied together, some of them in vain */

/* Takes note of a lead; gives what is seen of the post then. */
uint32_t note(Open *open, uint64_t key, int32_t number, int64_t first, int64_t last) {
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

/* Tells whether two signs of a pinyin of so many are one word but for a hyphen: fanzha.candidates. */
static int is_joined(const Page *page, int64_t left, int64_t right, int64_t size) {
    if (size < LEAST_JOINED || right > left + 2) return 0;
    uint32_t mark = page->codes[left + 1];
    return right == left + 1 || mark == '-' || (mark == '_' && size >= LEAST_UNDERLINED);
}

/* Tells whether the letters of a shape may be words of their own: fanzha.candidates. */
static int may_stand_apart(const Page *page, const int32_t *where, int64_t n) {
    int64_t joins = n;
    for (int64_t at = 0; at < n; at++)
        if (page->codes[where[at]] >= 0x80) joins = 0;
    for (int64_t at = 0; at < n; at++) {
        int64_t place = where[at];
        if (!is_letter(page->codes[place])) continue;
        uint32_t before = place > 0 ? page->codes[place - 1] : 0;
        if (at == 0 || where[at - 1] != place - 1 || !is_letter(before)) {
            int inside = at > 0 && is_joined(page, where[at - 1], place, joins);
            if (!inside && (is_letter(before) || is_digit(before) || before == '_' ||
                            before == '@' || before == '.' || before == '/' || before == '-'))
                return 0;
        }
        int goes_on = at + 1 < n && where[at + 1] == place + 1 && is_letter(page->codes[place + 1]);
        if (!goes_on && at + 1 < n && is_joined(page, place, where[at + 1], joins)) continue;
        if (!goes_on && !may_end_word(page, place + 1, at + 1 == n, at > 0)) return 0;
    }
    return 1;
}

/* Takes note of a shape at string[start:end] unless it is known to be dull or explained. */
static uint32_t note_shape(const Look *look, const Words *words, const Page *page, int64_t start,
                           int64_t end, int64_t n, int32_t number, Open *open) {
    const int32_t *at = page->at + start;
    int64_t size = end - start;
    int marked = at[size - 1] - at[0] != size - 1;
    if (!may_stand_apart(page, at, size)) return 0;
    for (int64_t sign = 1; marked && sign < size; sign++)
        if (at[sign] - at[sign - 1] - 1 > WIDEST_GAP) return 0;
    if (size > LEAD_CODES) return note_places(page, start, end, n, 0, number, open);
    uint64_t key = (uint64_t)number + 1;
    for (int64_t sign = 0; sign < size; sign++) key = extend(key, page->codes[at[sign]]);
    key = mix(key, marked ? MARKED_SHAPE : SHAPE) | 1;
    uint64_t slot = key >> (64 - DULL_BITS);
    for (int probe = 0; probe < PROBES && look->dull[slot]; probe++) {
        if (look->dull[slot] == key) return 0;
        slot = (slot + 1) & ((1 << DULL_BITS) - 1);
    }
    if (!open->reads && is_explained(look, words, page, start, end, n, key)) return 0;
    if (note_places(page, start, end, n, key, number, open)) return TRACE;
    Lead *lead = open->leads + open->n - 1;
    lead->n_codes = (int32_t)size;
    for (int64_t sign = 0; sign < size; sign++) lead->codes[sign] = page->codes[at[sign]];
    return 0;
}

/* Gives a bit for each of 64 signs that is a mark every other of which is one, as in 花,呗,套,现, and
   parts nothing; the marks of the 64 before and behind are given too. */
static inline uint64_t find_loose(uint64_t before, uint64_t marks, uint64_t behind) {
    uint64_t next = bits_ahead(marks, behind, 1), second = bits_ahead(marks, behind, 2);
    uint64_t last = bits_ahead(before, marks, BITS - 1), other = bits_ahead(before, marks, BITS - 2);
    return marks & ((second & ~next) | (other & ~last));
}

/* Adds the symbols of page[from:end] to a string of n; gives how many these are then. */
static inline int64_t copy_symbols(Page *page, int64_t from, int64_t end, int64_t n) {
    for (int64_t place = from; place < end; place += AT_ONCE) {
        int64_t to = n + place - from;
        memcpy(page->string + to, page->symbols + place, AT_ONCE * sizeof *page->string);
        for (int sign = 0; sign < AT_ONCE; sign++) page->at[to + sign] = (int32_t)(place + sign);
    }
    return n + end - from;
}

/* Writes the symbols of a page without marks that part nothing, and where they stand; gives how many
   these are. */
static int64_t string_symbols(Page *page) {
    const uint16_t *symbols = page->symbols;
    int64_t n = 0, from = 0;
    uint64_t before = 0, marks = 0, behind = bits_equal(symbols, BARRIER) & bits_before(page->n);
    for (int64_t base = 0; base < page->n; base += BITS) {
        int64_t rest = page->n - base;
        before = marks;
        marks = behind;
        behind = rest > BITS ? bits_equal(symbols + base + BITS, BARRIER) : 0;
        behind &= bits_before(rest - BITS);
        uint64_t left_out = bits_up_to(symbols + base, BESIDE) & ~marks & bits_before(rest);
        left_out |= find_loose(before, marks, behind);
        for (; left_out; left_out &= left_out - 1) {
            int64_t place = base + lowest(left_out);
            n = copy_symbols(page, from, place, n);
            from = place + 1;
        }
    }
    return copy_symbols(page, from, page->n, n);
}

/* Tells whether a shape may begin with two symbols. */
static inline uint64_t may_open(const Look *look, const uint16_t *string) {
    uint32_t pair = string[0] * (uint32_t)look->n_symbols + string[1];
    return look->beginnings[pair >> 5] >> (pair & 31) & 1;
}

/* Gives a bit for each of 64 places of a string where a shape may begin, for at most n of them. */
static inline uint64_t find_openings(const Look *look, const uint16_t *string, int64_t n) {
    uint64_t bits = 0;
    int64_t size = n < BITS ? n : BITS, at = 0;
    for (; at + AT_ONCE <= size; at += AT_ONCE) {
        uint64_t some = 0;
        for (int next = 0; next < AT_ONCE; next++) some |= may_open(look, string + at + next) << next;
        bits |= some << at;
    }
    for (; at < size; at++) bits |= may_open(look, string + at) << at;
    return bits;
}

/* Seeks the shapes that begin at a place of a string of n symbols. */
static uint32_t seek_shapes_at(const Look *look, const Words *words, Page *page, int64_t start,
                               int64_t n, Open *open) {
    const uint16_t *string = page->string + start;
    const Opening *opening =
        look->openings + look->opened[string[0] * look->n_symbols + string[1]];
    uint32_t seen = 0;
    if (opening->number >= 0)
        seen |= note_shape(look, words, page, start, start + 2, n, opening->number, open);
    if (start + 2 >= n || !(opening->thirds >> string[2] % BITS & 1)) return seen;
    uint64_t key = extend(string[0], string[1]);
    for (int64_t end = start + 3; end <= n; end++) {
        key = extend(key, page->string[end - 1]);
        int32_t found = find(&look->shapes, mix(key, SHAPE));
        if (found < 0) break;
        if (look->numbers[found] >= 0)
            seen |= note_shape(look, words, page, start, end, n, look->numbers[found], open);
    }
    return seen;
}

/* Seeks the shapes of terms in the sounds of a page. */
static uint32_t seek_shapes(const Look *look, const Words *words, Page *page, Open *open) {
    int64_t n = string_symbols(page);
    uint32_t seen = 0;
    for (int64_t base = 0; base + 1 < n; base += BITS) {
        uint64_t bits = find_openings(look, page->string + base, n - 1 - base);
        for (; bits; bits &= bits - 1)
            seen |= seek_shapes_at(look, words, page, base + lowest(bits), n, open);
    }
    return seen;
}

/* Tells whether a post may hold a term in disguise or a torn word, but for the leads. */
static uint32_t find_traces(const Look *look, const Words *words, Page *page, Open *open) {
    int torn = 0;
    open->drawn = 0;
    uint32_t seen = seek_rows(page, open) | seek_alterations(look, words, page, open);
    for (int64_t base = 0; base < page->n; base += BITS) {
        uint64_t bits = bits_up_to(page->symbols + base, BESIDE);
        if (page->all & SIGNED) bits |= bits_with(page->kinds + base, SIGNED);
        for (bits &= bits_before(page->n - base); bits; bits &= bits - 1) {
            int64_t place = base + lowest(bits);
            if (page->kinds[place] & SIGNED) return TRACE;
            if (!torn && may_be_tear(page, place) && may_tear(words, page, place)) {
                torn = 1; /* one is enough */
                seen |= note(open, 0, TEAR, place, place);
            }
            if (page->symbols[place] != BESIDE) continue;
            if ((place > 0 && page->kinds[place - 1] & WANTED) ||
                (place + 1 < page->n && page->kinds[place + 1] & WANTED))
                return TRACE;
        }
    }
    seen |= seek_shapes(look, words, page, open);
    if (!(page->all & DRAWN) || seen) return seen;
    for (int64_t base = 0; base < page->n; base += BITS) {
        uint64_t bits = bits_with(page->kinds + base, DRAWN) & bits_before(page->n - base);
        for (; bits; bits &= bits - 1) {
            int64_t place = base + lowest(bits);
            page->symbols[place] = look->drawn[page->codes[place]];
        }
    }
    open->drawn = 1;
    return seek_shapes(look, words, page, open);
}

/* Looks at the posts codes[offsets[i]:offsets[i + 1]].

   `seen` has what may be found in each; `best`, with a row a post and a column a label, what the
   model would say of it, unless `sieve` is null, and `cuts` the spots where that is not below them.
   `counts` has a zero for each n-gram of the sieve and a bit more, and again after. Gives how many
   leads Python has to follow, at most `room`, or -1 where memory is short. */
int64_t fanzha_look(const Look *look, const Words *words, const Sieve *sieve,
                    const uint32_t *codes, const int64_t *offsets, int64_t n_posts, uint8_t *seen,
                    int32_t *counts, float *best, Cuts *cuts, Lead *leads, int64_t room) {
    Page page;
    Open open = {leads, 0, room, 0, 0, 0};
    int ready = open_page(&page);
    for (int64_t post = 0; ready && post < n_posts; post++) {
        ready = fold_post(look, codes + offsets[post], offsets[post + 1] - offsets[post], &page);
        if (!ready) break;
        uint32_t found = find_values(&page) | (page.changed ? CHANGED : 0);
        open.post = (int32_t)post;
        open.reads = (found & NUMERALS) != 0;
        found |= find_traces(look, words, &page, &open);
        seen[post] = (uint8_t)found;
        if (!sieve) continue;
        find_columns(sieve, &page);
        cuts->room = cuts->n + (offsets[post + 1] - offsets[post]) / SIGNS_A_SPOT;
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
        *n_signs = page.n_signs;
        if (found <= room)
            for (int64_t at = 0; at < found; at++)
                columns[at] = page.columns[at] >> NUMBER_BITS;
        else
            found = -2 - found;
    }
    close_page(&page);
    return found;
}
