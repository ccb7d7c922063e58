/* Sees in posts, as they were written, what a closer look could find: fanzha.look. */
#include "look.h"

#include <stdlib.h>
#include <string.h>

/* What a sign may be part of; see fanzha.look. */
enum {
    DIGIT = 1, FOREIGN = 2, SPOKEN = 4, SOUND = 8, LETTER = 16, ID = 32, HUNDRED = 64,
    MASKING = 128, SIGNED = 256, DRAWN = 512, WANTED = 1024, RARE = 2048, OWN = 4096, GAP = 8192,
    LEAD = 16384, LINK = 32768,
};

/* What is seen in a post. */
enum { NUMBERS = 1, CONTACTS = 2, MASKED = 4, TRACE = 8, CHANGED = 16, NUMERALS = 64 };

enum { NOTHING, BARRIER, BESIDE, OTHER, FIRST_SYMBOL };

#define SHAPE 18
#define ADJACENT 19
#define SPREAD 20
#define PARTED 21
#define LONGER 22
#define BESIDE_LONGER 23
#define LONGER_APART 24
#define WIDEST_GAP 4
#define DULL_BITS 16
#define PROBES 32
#define WIDEST_PHRASE 12
#define LEAST_DIALLED 5
#define LEAST_SOUNDED 10
#define LEAST_JUNK 10

/* A chain of the signs of one number. */
typedef struct {
    int64_t last, n;
} Chain;

static int is_star(uint32_t code) {
    return code == '*' || code == 0xFF0A || code == 0x25CF || code == 0x2022;
}

/* Tells whether a bracket closes soon behind a place. */
static int closes(const Page *page, int64_t place) {
    for (int64_t at = place + 3; at < page->n && at <= place + 8; at++)
        switch (page->codes[at]) {
        case ']': case '>': case '}': case 0x3011: return 1;
        default: break;
        }
    return 0;
}

/* Tells whether a platform may have blanked something out from a sign on. */
static int may_mask(const Page *page, int64_t place) {
    uint32_t code = page->codes[place];
    uint32_t next = place + 1 < page->n ? page->codes[place + 1] : 0;
    uint32_t third = place + 2 < page->n ? page->codes[place + 2] : 0;
    if (code == 'x') {
        if (third != 'x') return 0;
        return next == '-' || (next == 'x' && !(place > 0 && page->kinds[place - 1] & LETTER));
    }
    if (is_star(code)) return is_star(next) && is_star(third);
    switch (next) {
    case 0x7535: return third == 0x8BDD;
    case 0x624B: return third == 0x673A;
    case 0x5FAE: return third == 0x4FE1;
    case 0x94FE: return third == 0x63A5;
    case 0x7F51: return third == 0x5740;
    case 0x53F7: return third == 0x7801;
    case 't': case 'p': case 'u': case 'l': case 'q': case 'w': case 'n': case 'c':
        return closes(page, place);
    default: return 0;
    }
}

/* Tells whether 110, 121 or the 95-5 of a broken code may begin at a digit. */
static int may_be_short(const Page *page, int64_t place) {
    if (place + 2 >= page->n) return 0;
    const uint32_t *codes = page->codes + place;
    int more = place + 3 < page->n && page->kinds[place + 3] & DIGIT;
    if (codes[0] == '1')
        return ((codes[1] == '1' && page->kinds[place + 2] & DIGIT) ||
                (codes[1] == '2' && codes[2] >= '0' && codes[2] <= '2')) && !more;
    if (codes[0] != '9' || (codes[1] != '5' && codes[1] != '6')) return 0;
    if (page->kinds[place + 2] & DIGIT) return 1;
    return more && (codes[2] == '-' || codes[2] == '.' || codes[2] == ' ');
}

/* Tells whether what stands between two signs of a number may part them: marks and phrases, or a
   word between marks. */
static inline int may_part(const Page *page, int64_t first, int64_t end) {
    if (first == end) return 1;
    if (end - first > WIDEST_PHRASE || !(page->kinds[first] & page->kinds[end - 1] & GAP)) return 0;
    if (end - first <= 4) return 1;
    for (int64_t place = first + 1; place < end - 1; place++)
        if (!(page->kinds[place] & GAP)) return 0;
    return 1;
}

static inline int64_t lengthen(Chain *chain, int goes_on, int64_t place) {
    chain->n = goes_on ? chain->n + 1 : 1;
    chain->last = place;
    return chain->n;
}

/* Tells whether 400 stands before a Han character and a digit behind it. */
static int may_be_filled(const Page *page, int64_t place) {
    return place > 3 && page->codes[place - 4] == '4' && page->codes[place - 3] == '0' &&
           page->codes[place - 2] == '0' && page->codes[place - 1] >= 0x4E00;
}

/* Tells whether a word of small letters begins at a place. */
static int begins(const Page *page, int64_t place, const char *word) {
    for (; *word; word++, place++)
        if (place >= page->n || page->codes[place] != (uint32_t)*word) return 0;
    return 1;
}

static const char *const LEADS[] = {"wechat", "weixin", "weixln", "vx", "wx", "v", "w",
                                    "tg", "telegram", "q", "qq"};

/* Tells whether letters lead to a chat id. */
static int is_lead(const uint32_t *codes, int64_t n) {
    for (size_t lead = 0; lead < sizeof LEADS / sizeof *LEADS; lead++) {
        int64_t at = 0;
        while (at < n && LEADS[lead][at] && (uint32_t)LEADS[lead][at] == codes[at]) at++;
        if (at == n && !LEADS[lead][at]) return 1;
    }
    return 0;
}

/* Tells whether what stands before a place leads to a chat id there. */
static int is_led(const Page *page, int64_t place) {
    for (int64_t at = place - 1; at >= 0 && at >= place - 14; at--) {
        uint16_t kinds = page->kinds[at];
        if (kinds & LEAD) return 1;
        if (kinds & LETTER) {
            int64_t first = at;
            while (first > 0 && page->kinds[first - 1] & LETTER && at - first < 9) first--;
            return is_lead(page->codes + first, at + 1 - first);
        }
        if (!(kinds & LINK)) return 0;
    }
    return 0;
}

/* Tells whether a chat id may begin in the run of letters, digits, _ and - from a place on. */
static int may_hold_id(const Page *page, int64_t place) {
    if (is_led(page, place)) return 1;
    if (begins(page, place, "vx") || begins(page, place, "wx") || begins(page, place, "wechat") ||
        begins(page, place, "weixi") || begins(page, place, "weixl"))
        return 1;
    const uint32_t *codes = page->codes;
    for (; place + 1 < page->n && page->kinds[place] & ID; place++)
        if ((codes[place] == '_' || codes[place] == '-') &&
            (codes[place + 1] == 'v' || codes[place + 1] == 'w'))
            return 1;
    return 0;
}

/* Tells whether a link or an address may stand around a mark. */
static int may_link(const Page *page, int64_t place, uint32_t code) {
    if (place == 0 || place + 1 >= page->n) return 0;
    uint16_t before = page->kinds[place - 1], after = page->kinds[place + 1];
    uint32_t sign = page->codes[place - 1];
    switch (code) {
    case '/': return page->codes[place + 1] == '/';
    case '.': return (before & ID && after & LETTER) || sign == 'w'; /* www.*** */
    case '@': return (before & ID || sign == '.' || sign == '+') && after & ID;
    default: return 0;
    }
}

/* Tells what fanzha.phones, fanzha.contacts and fanzha.masking may find; never wrong where it says
   nothing. */
static uint32_t find_values(const Page *page) {
    Chain dialled = {-1, 0}, sounded = {-1, 0}, junk = {-1, 0};
    uint32_t seen = 0;
    int numerals = 0;
    for (int64_t place = 0; place < page->n; place++) {
        uint16_t kinds = page->kinds[place];
        uint32_t code = page->codes[place];
        if (code <= '@' && may_link(page, place, code)) seen |= CONTACTS;
        if (!(kinds & 0xFF)) continue;
        if (kinds & SPOKEN) {
            int goes_on = dialled.n && may_part(page, dialled.last + 1, place);
            lengthen(&dialled, goes_on, place);
            /* 百 stands for two digits; numerals may become digits. */
            if (kinds & HUNDRED) dialled.n++;
            if (!goes_on) numerals = 0;
            numerals |= !(kinds & DIGIT);
            if (dialled.n >= LEAST_DIALLED)
                seen |= NUMBERS | CONTACTS | (numerals ? NUMERALS : 0);
        }
        if (kinds & (SPOKEN | SOUND)) {
            int64_t between = place - sounded.last - 1;
            int goes_on = sounded.n && (between == 0 || (between == 1 && page->kinds[place - 1] & GAP));
            if (lengthen(&sounded, goes_on, place) >= LEAST_SOUNDED) seen |= NUMBERS;
        }
        if (kinds & DIGIT) {
            if (may_be_short(page, place) || may_be_filled(page, place)) seen |= NUMBERS;
            int64_t between = place - junk.last - 1;
            if (lengthen(&junk, junk.n && between > 0 && between < 4, place) >= LEAST_JUNK)
                seen |= NUMBERS;
        }
        if (kinds & LETTER && (place == 0 || !(page->kinds[place - 1] & ID) ||
                               !(page->kinds[place - 1] & (LETTER | DIGIT))) &&
            may_hold_id(page, place))
            seen |= CONTACTS;
        /* Unlike others it may stand inside of a word. */
        if (code == 't' && (begins(page, place, "tg") || begins(page, place, "telegram")))
            seen |= CONTACTS;
        if (kinds & FOREIGN) seen |= NUMBERS;
        if (kinds & MASKING && may_mask(page, place)) seen |= MASKED;
    }
    return seen;
}

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
    lead->n_codes = 0;
    return 0;
}

/* Takes note of a shape at string[start:end] unless it is known to be dull. */
static uint32_t note_shape(const Look *look, const Page *page, int64_t start, int64_t end,
                           int32_t number, Open *open) {
    int64_t first = page->at[start], last = page->at[end - 1];
    if (last - first != end - start - 1) {
        for (int64_t at = start + 1; at < end; at++)
            if (page->at[at] - page->at[at - 1] - 1 > WIDEST_GAP) return 0;
        return note(open, 0, number, first, last);
    }
    if (last - first >= LEAD_CODES) return note(open, 0, number, first, last);
    uint64_t key = (uint64_t)number + 1;
    for (int64_t place = first; place <= last; place++) key = extend(key, page->codes[place]);
    key = mix(key, SHAPE) | 1;
    uint64_t slot = key >> (64 - DULL_BITS);
    for (int probe = 0; probe < PROBES && look->dull[slot]; probe++) {
        if (look->dull[slot] == key) return 0;
        slot = (slot + 1) & ((1 << DULL_BITS) - 1);
    }
    if (note(open, key, number, first, last)) return TRACE;
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
                seen |= note_shape(look, page, start, end, look->numbers[found], open);
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
        if (found && note(open, 0, -1, place, place)) return TRACE;
    }
    return 0;
}

/* Tells whether a post may hold a term in disguise, but for the leads. */
static uint32_t find_traces(const Look *look, Page *page, Open *open) {
    uint16_t drawn = 0;
    open->drawn = 0;
    uint32_t seen = seek_pairs(look, page, open);
    for (int64_t place = 0; place < page->n; place++) {
        uint16_t kinds = page->kinds[place];
        if (kinds & SIGNED) return TRACE;
        drawn |= kinds & DRAWN;
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
   model would say of it, unless `sieve` is null. Gives how many leads Python has to follow, at most
   `room`, or -1 where memory is short. */
int64_t fanzha_look(const Look *look, const Sieve *sieve, const uint32_t *codes,
                    const int64_t *offsets, int64_t n_posts, uint8_t *seen, float *best,
                    Lead *leads, int64_t room) {
    Page page;
    Open open = {leads, 0, room, 0, 0};
    int ready = open_page(&page);
    for (int64_t post = 0; ready && post < n_posts; post++) {
        ready = fold_post(look, codes + offsets[post], offsets[post + 1] - offsets[post], &page);
        if (!ready) break;
        uint32_t found = find_values(&page) | (page.changed ? CHANGED : 0);
        open.post = (int32_t)post;
        found |= find_traces(look, &page, &open);
        seen[post] = (uint8_t)found;
        if (!sieve) continue;
        find_columns(sieve, &page);
        estimate(sieve, &page, best + post * sieve->n_labels);
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
