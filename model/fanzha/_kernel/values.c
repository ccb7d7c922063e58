/* Sees in posts where a number, an id, a link or a blanked-out value may stand: fanzha.phones,
   fanzha.contacts, fanzha.masking. */
#include "look.h"

#include <stddef.h>

#define WIDEST_PHRASE 12
#define LEAST_DIALLED 5
#define LEAST_SOUNDED 10
#define LEAST_JUNK 10
#define LEAST_TURNED 10
#define LONGEST_RUN 12
#define MOST_LETTERS 6
#define LEAST_HUNDRED 7
#define LEAST_MIXED 9
#define WIDEST_CLOSE 3
#define FIRST_NUMERAL 0x2000
#define VALUES (DIGIT | FOREIGN | SPOKEN | SOUND | LETTER | ID | HUNDRED | MASK_OR_LINK)

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
    if (code == '.' || code == '/' || code == '@') return 0;
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

/* Whether a sign may be blank where fanzha.phones reads: a blank, or what digits.without_counters
   may write as one. */
static int may_be_blank(uint32_t code) {
    switch (code) {
    case ' ': case '|': case 0x4E00: case 0x4E24: case 0x4E09: case 0x56DB: case 0x4E94: return 1;
    default: return 0;
    }
}

/* Tells whether 110 and its like at a place stand beside a word of calling, by the sign next to
   them: fanzha.dialling. */
static int may_be_called(const Page *page, int64_t place) {
    const uint32_t *codes = page->codes;
    int64_t left = place - 1, right = place + 3;
    if (page->circled) return 1;
    /* A pattern's end is also before the last line's. */
    if (left >= 0 && codes[left] == '\n') left--;
    for (int skipped = 0; skipped < 2 && left >= 0; skipped++, left--)
        if (codes[left] != ':' && codes[left] != '"' && codes[left] != 0x201C &&
            !may_be_blank(codes[left]))
            break;
    if (left >= 0) switch (codes[left]) {
        case 0x62E8: case 0x6253: case 0x4E86: case 0x8B66: case 0x6848: case 0x6551: /* 拨打了警案救 */
        case 0x7535: case 0x53EB: case 0x8BDD: case 0x7EBF: case 0x65B9: case 0x52A9: /* 电叫话线方助 */
        case 0x62A5: case 0x3001: case 0x6216: case 0x548C: case 0x53CA: /* 报、或和及 */
            return 1;
        default: break;
        }
    if (right < page->n &&
        (codes[right] == '"' || codes[right] == 0x201D || may_be_blank(codes[right])))
        right++;
    if (right < page->n) switch (codes[right]) {
        case 0x62A5: case 0x6C42: case 0x6025: case 0x7535: case 0x70ED: case 0x95EE: /* 报求急电热问 */
        case 0x51FA: case 0x6C11: case 0x6307: case 0x632A: case 0x67E5: case 0x5907: /* 出民指挪查备 */
        case 0x6838: /* 核 */
            return 1;
        default: break;
        }
    return 0;
}

/* Tells whether 110, 121 or the 95-5 of a broken code may begin at a digit. */
static int may_be_short(const Page *page, int64_t place) {
    if (place + 2 >= page->n) return 0;
    const uint32_t *codes = page->codes + place;
    /* The counter before a number is no digit of it. */
    if (place > 0 && page->kinds[place - 1] & DIGIT && !page->circled) return 0;
    int more = place + 3 < page->n && page->kinds[place + 3] & DIGIT;
    if (codes[0] == '1')
        return ((codes[1] == '1' && page->kinds[place + 2] & DIGIT) ||
                (codes[1] == '2' && codes[2] >= '0' && codes[2] <= '2')) && !more &&
               may_be_called(page, place);
    if (codes[0] != '9' || (codes[1] != '5' && codes[1] != '6')) return 0;
    int third = (page->kinds[place + 2] & DIGIT) != 0;
    if (third && more) return 1;
    uint32_t mark = third ? (place + 3 < page->n ? codes[3] : 0) : codes[2];
    int64_t behind = place + 3 + third;
    return (mark == '-' || mark == '.' || may_be_blank(mark)) && behind < page->n &&
           page->kinds[behind] & DIGIT;
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
            if (page->codes[at] == 'v' && page->codes[at + 1] == 0x2764) return 1; /* v❤ */
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

/* Tells whether a dot that is spelt out or drawn as another sign parts what stands before a place
   from it, as in abc点com. */
static int is_dotted(const Page *page, int64_t place) {
    int64_t dot = place - 1;
    if (dot > 0 && page->codes[dot] == ' ') dot--;
    if (dot < 1) return 0;
    switch (page->codes[dot--]) {
    case 0x70B9: case 0x3002: case 0xB7: case 0x4E36: break;
    default: return 0;
    }
    if (dot > 0 && page->codes[dot] == ' ') dot--;
    return (page->kinds[dot] & ID) != 0;
}

/* Tells whether what stands before a digit leads to a chat id of digits there. */
static int is_digit_led(const Page *page, int64_t place) {
    for (int64_t at = place - 1; at >= 0 && at >= place - 14; at--) {
        uint16_t kinds = page->kinds[at];
        if (kinds & LEAD) return 1;
        if (kinds & LETTER) {
            switch (page->codes[at]) {
            case 'v': case 'w': case 'x': case 'q': case 't': case 'n': return 1;
            case 'i': case 'd': continue;
            default: return 0;
            }
        }
        if (!(kinds & LINK)) return 0;
    }
    return 0;
}

static int is_comma(uint32_t code) { return code == ',' || code == 0x3001 || code == 0x3002; }

/* Tells whether a shape of fanzha.phones may begin at the first of a chain's last digits. None of
   fewer than five digits does but those of may_be_short. */
static int may_dial(const Page *page, const int32_t *places, int64_t n) {
    if (n < LEAST_DIALLED) return 0;
    const uint32_t *codes = page->codes;
    int64_t place = places[0], run = 1;
    if (place > 0 && codes[place - 1] == '+') return 1;
    while (run < n && run < LONGEST_RUN && places[run] == place + run) run++;
    uint32_t first = codes[place] - '0', second = codes[places[1]] - '0';
    uint32_t third = codes[places[2]] - '0';
    uint32_t after = place + run < page->n ? codes[place + run] : 0;
    if (is_comma(after) && (first < 2 || first == 4 || first == 9) &&
        (run == 1 || ((run == 3 || run == 4) && n >= 9)))
        return 1;
    switch (first) {
    case 0:
        if (second == 0 || second == 9) return n >= 6;
        if (run == 1) return n >= 10;
        return run >= 3 && n >= 8 && (second > 1 || third == 0);
    case 1:
        if (second > 2)
            return n >= 11 ||
                   (n >= 6 && run >= 4 && run <= 9 && (after == '-' || may_be_blank(after)));
        if (second > 0) return run == 5 && (second == 1 ? third == 1 || third == 8 : third <= 3);
        if (third == 0) return run == 1 || (run >= 5 && run <= 7);
        return third == 1 && (run == 5 || (n >= 8 && codes[places[3]] == '0'));
    case 9: return second == 5 || second == 6;
    case 4: case 8:
        if (second == 0 && third == 0) return 1;
        if (first == 8 && second == 6 && n >= 9) return 1;
        if (first == 8 && second == 5 && n >= 11 && (third == 2 || third == 3)) return 1;
        break;
    default: break;
    }
    if (run == 7 || run == 8) return 1;
    if ((run != 3 && run != 4) || n < run + 4 || places[run] != place + run + 1) return 0;
    return places[run + 3] == places[run] + 3 &&
           (n == run + 4 || places[run + 4] != places[run] + 4);
}

/* Tells whether a post may say that a number is to be read backwards. */
static int may_turn(const Page *page) {
    for (int64_t place = 0; place + 1 < page->n; place++) {
        uint32_t code = page->codes[place], next = page->codes[place + 1];
        if ((code == 0x5012 || code == 0x53CD) && /* 倒着 倒过 倒序 反着 反过 */
            (next == 0x7740 || next == 0x8FC7 || next == 0x5E8F))
            return 1;
        if (code == 0x5F80 && next == 0x524D) return 1; /* 往前 */
        if (next == 0x5199 && (code == 0x5012 || code == 0x53CD)) return 1; /* 倒写 反写 */
    }
    return 0;
}

/* Tells what may be found in n digits of a chain, whose places are in `at`. */
static uint32_t find_in_digits(const Page *page, int64_t n) {
    uint32_t seen = 0;
    for (int64_t at = 0; at + LEAST_DIALLED <= n; at++) {
        int64_t place = page->at[at];
        if (place > 0 && page->kinds[place - 1] & DIGIT) continue;
        if (may_dial(page, page->at + at, n - at)) seen |= NUMBERS;
        if (is_digit_led(page, place)) seen |= CONTACTS;
    }
    if (n >= LEAST_DIALLED && page->circled) seen |= NUMBERS;
    if (n >= LEAST_TURNED && !(seen & NUMBERS) && may_turn(page)) seen |= NUMBERS;
    return seen;
}

/* A chain of the signs of one number. 百 counts twice, `n_digits` only what is a digit as it
   stands; `n_close` is how many stand so close to the last that fanzha.numerals may read them. */
typedef struct {
    int64_t last, n, n_digits, n_numerals, n_close;
    int letters, hundreds, round; /* round: four or eight hundreds */
    int nines;
    int reads, stacked;           /* numerals that stand close; digits on lines */
    int repeats;                  /* 四个零 or 双0: fanzha.dictation */
} Dialled;

/* What stands before 百 in 400 and 800. */
static int is_round(uint32_t code) {
    switch (code) {
    case '4': case '8': case 0x56DB: case 0x8086: case 0x516B: case 0x634C: return 1;
    default: return 0;
    }
}

/* Nine begins the only code of six digits that may have 百 in it. */
static int is_nine(uint32_t code) {
    return code == '9' || code == 0x4E5D || code == 0x7396 || code == 0x52FE;
}

/* What may stand between two numerals: fanzha.numerals. */
static int is_close(const Page *page, int64_t first, int64_t end) {
    if (end - first > WIDEST_CLOSE) return 0;
    for (; first < end; first++)
        switch (page->codes[first]) {
        case ' ': case '-': case '.': case '_': case '(': case ')':
        case 0xB7: case 0x2022: case 0x2013: case 0x2014: break;
        default: return 0;
        }
    return 1;
}

/* Tells what may be found in a chain: in its digits alone where its numerals can be none. */
static uint32_t find_in_chain(const Page *page, const Dialled *chain) {
    if (chain->n < LEAST_DIALLED) return 0;
    int reads = chain->letters || chain->round || chain->reads || chain->repeats;
    if (chain->hundreds) reads |= chain->nines || chain->n >= LEAST_HUNDRED;
    reads |= chain->n_numerals >= LEAST_DIALLED;
    reads |= chain->n_numerals > 0 && chain->n >= LEAST_MIXED;
    if (reads) return NUMBERS | CONTACTS | NUMERALS | ALOUD;
    return find_in_digits(page, chain->n_digits) | (chain->stacked ? ALOUD : 0);
}

/* Takes a sign into a chain that goes on or begins. */
static void lengthen_dialled(Page *page, Dialled *chain, int64_t place) {
    uint16_t kinds = page->kinds[place];
    int close = chain->n && is_close(page, chain->last + 1, place);
    if (kinds & DIGIT) {
        page->at[chain->n_digits++] = (int32_t)place;
        for (int64_t at = chain->last + 1; chain->n && at < place; at++)
            chain->stacked |= page->codes[at] == '\n';
    } else if (kinds & HUNDRED) {
        chain->n++;
        chain->hundreds = 1;
        chain->round |= place > 0 && is_round(page->codes[place - 1]);
    } else if (page->codes[place] < FIRST_NUMERAL) /* a letter, the Cyrillic з too */
        chain->letters = 1;
    else
        chain->n_numerals++;
    chain->nines |= is_nine(page->codes[place]);
    if (place > 0) /* 个 双 */
        chain->repeats |= page->codes[place - 1] == 0x4E2A || page->codes[place - 1] == 0x53CC;
    chain->n_close = kinds & HUNDRED ? 0 : close ? chain->n_close + 1 : 1;
    chain->n++;
    chain->last = place;
    if (chain->n_close >= LEAST_DIALLED && chain->n_numerals) chain->reads = 1;
}

/* Tells whether an e stands behind a digit as a 3 would: fanzha.figures. */
static int may_be_three(const Page *page, int64_t place) {
    if (place + 1 < page->n && is_letter(page->codes[place + 1])) return 0;
    if (place > 1 && page->kinds[place - 1] & GAP) place--;
    if (place == 0) return 0;
    uint16_t before = page->kinds[place - 1];
    return before & SPOKEN && !(before & LETTER);
}

/* Tells whether the letters from a place on may all be read as digits: see fanzha.digits and
   fanzha.numerals. */
static int may_read_letters(const Page *page, int64_t place) {
    int64_t first = place;
    int others = 0;
    for (; place < page->n && page->kinds[place] & LETTER; place++) {
        uint32_t code = page->codes[place];
        if (!(page->kinds[place] & SPOKEN)) return 0;
        others |= code != 'o' && code != 'i' && code != 'l';
    }
    return !others || place - first <= MOST_LETTERS;
}

/* Tells what fanzha.phones, fanzha.contacts and fanzha.masking may find; never wrong where it says
   nothing. */
uint32_t find_values(Page *page) {
    Chain sounded = {-1, 0}, junk = {-1, 0};
    Dialled dialled = {.last = -1};
    uint32_t seen = 0;
    int reads = 0, sounds = 0;
    int64_t base = 0;
    uint64_t bits = bits_with(page->kinds, VALUES) & bits_before(page->n);
    for (;; bits &= bits - 1) {
        while (!bits && (base += BITS) < page->n)
            bits = bits_with(page->kinds + base, VALUES) & bits_before(page->n - base);
        if (!bits) break;
        int64_t place = base + lowest(bits);
        uint16_t kinds = page->kinds[place];
        uint32_t code = page->codes[place];
        if (kinds & LETTER && (place == 0 || !(page->kinds[place - 1] & LETTER)))
            reads = may_read_letters(page, place);
        if (kinds & SPOKEN && (reads || !(kinds & LETTER))) {
            if (dialled.n && !may_part(page, dialled.last + 1, place)) {
                seen |= find_in_chain(page, &dialled);
                dialled = (Dialled){.last = -1};
            }
            lengthen_dialled(page, &dialled, place);
        }
        if (kinds & (SPOKEN | SOUND)) {
            int64_t between = place - sounded.last - 1;
            int goes_on = sounded.n && (between == 0 || (between == 1 && page->kinds[place - 1] & GAP));
            sounds = (goes_on && sounds) || !(kinds & DIGIT);
            /* Of plain digits only the marks between them are read otherwise. */
            if (lengthen(&sounded, goes_on, place) >= LEAST_SOUNDED)
                seen |= sounds ? NUMBERS | ALOUD : ALOUD;
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
        if (kinds & LETTER && is_dotted(page, place)) seen |= CONTACTS;
        /* Unlike others it may stand inside of a word. */
        if (code == 't' && (begins(page, place, "tg") || begins(page, place, "telegram")))
            seen |= CONTACTS;
        if (kinds & FOREIGN || (code == 'e' && may_be_three(page, place))) seen |= NUMBERS | ALOUD;
        if (kinds & MASK_OR_LINK) {
            if (may_link(page, place, code)) seen |= CONTACTS;
            if (may_mask(page, place)) seen |= MASKED;
        }
    }
    seen |= find_in_chain(page, &dialled);
    return seen & NUMBERS ? seen : seen & ~(uint32_t)ALOUD;
}
