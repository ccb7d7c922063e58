/* Finds the n-grams of a post that a screen knows: fanzha.screen. */
#include "columns.h"
#include "look.h"
#include "windows.h"

#define CHUNK 256 /* signs */
#define LONGER (LONGEST_NGRAM - 1) /* n-grams of more than one sign that end at one */
#define AT_ONCE 32 /* sentences */

/* Gives under which sign a code point is read: digits are one, and so are blanks. */
static inline uint32_t read_sign(uint32_t code) {
    if (code >= '0' && code <= '9') return '0';
    return code == '\n' || code == '\t' ? ' ' : code;
}

/* Tells whether a sign stays that stands for the run-th time in a row. */
static inline int stays(uint32_t sign, int64_t run) {
    return run <= (sign == ' ' ? 1 : sign == '0' ? 4 : 3);
}

/* Leaves of a page's code points the signs that stay, and `at` says where each stood. */
static void read_signs(Page *page) {
    uint32_t before = BOUNDARY;
    int64_t n = 0, run = 0;
    for (int64_t place = 0; place < page->n; place++) {
        uint32_t sign = read_sign(page->codes[place]);
        run = sign == before ? run + 1 : 1;
        before = sign;
        page->codes[n] = sign;
        page->at[n] = (int32_t)place;
        n += stays(sign, run);
    }
    page->n_signs = n;
}

/* Finds the sentences of a page: where each begins, and last the end of all; and where each ends
   without blanks. A short post is one. */
static void find_sentences(Page *page) {
    int32_t *edges = page->edges, n = (int32_t)page->n_signs;
    page->n_sentences = 1;
    edges[0] = 0;
    edges[1] = page->stops[0] = n;
    if (n <= SHORT_POST) return;
    page->n_sentences = find_edges(page->codes, n, edges) - 1;
    for (int64_t at = 0; at < page->n_sentences; at++)
        page->stops[at] = trim(page->codes, edges[at], edges[at + 1]);
}
/* Gives the column of a key among those of several signs, or -1. */
static inline int32_t find_column(const Ngrams *table, uint64_t key) {
    uint64_t place = key >> table->shift;
    int32_t start = table->starts[place], end = table->starts[place + 1], found = -1;
    const uint32_t *tags = table->tags + start;
    uint32_t tag = (uint32_t)key;
    /* Without a branch for each: where it stands is as good as chance. Three tags stand behind. */
    found = tags[2] == tag && end - start > 2 ? start + 2 : found;
    found = tags[1] == tag && end - start > 1 ? start + 1 : found;
    found = tags[0] == tag && end - start > 0 ? start : found;
    for (int32_t at = start + 3; at < end; at++) found = table->tags[at] == tag ? at : found;
    return found < 0 ? -1 : found + table->first;
}

static inline int may_hold_ngram(const Ngrams *table, uint64_t key) {
    uint64_t mark = key >> (table->shift - 4);
    return table->marks[mark >> 3] >> (mark & 7) & 1;
}


/* Some signs that follow one another, the post's ends among them. */
typedef struct {
    uint64_t keys[CHUNK * LONGER];
    int32_t singles[CHUNK];
    uint16_t held[CHUNK * LONGER];
    int64_t n;
} Chunk;
/* Before how many n-grams a sign from the first on is no end of one of two, three and four. */
static const uint8_t HAS_BEFORE[LONGER * LONGER] = {0, 0, 0, 1, 0, 0, 1, 1, 0};

/* Gives how many of a chunk's keys may be in the table, and puts which into `held`. */
static inline int64_t filter(const Ngrams *table, Chunk *chunk, int is_first) {
    int64_t n_held = 0, at = 0;
    for (; is_first && at < LONGER * LONGER && at < LONGER * chunk->n; at++) {
        chunk->held[n_held] = (uint16_t)at;
        n_held += HAS_BEFORE[at] && may_hold_ngram(table, chunk->keys[at]);
    }
    for (; at < LONGER * chunk->n; at++) {
        chunk->held[n_held] = (uint16_t)at;
        n_held += may_hold_ngram(table, chunk->keys[at]);
    }
    /* Memory is asked for all of them before it is waited for. */
    for (at = 0; at < n_held; at++)
        PREFETCH(table->starts + (chunk->keys[chunk->held[at]] >> table->shift));
    for (at = 0; at < n_held; at++)
        PREFETCH(table->tags + table->starts[chunk->keys[chunk->held[at]] >> table->shift]);
    return n_held;
}

/* Puts the keys of a chunk's n-grams, those of one sign as columns. `last` has the keys of the n-grams
   of one, two and three signs that end before it. */
static void fill(const Sieve *sieve, const Page *page, int64_t first, uint64_t *last,
                 Chunk *chunk) {
    int64_t n_places = page->n_signs + 2;
    chunk->n = n_places - first < CHUNK ? n_places - first : CHUNK;
    for (int64_t at = 0; at < chunk->n; at++) {
        int64_t place = first + at;
        int is_edge = place == 0 || place + 1 == n_places;
        uint32_t sign = is_edge ? BOUNDARY : page->codes[place - 1];
        uint64_t two = extend(last[0], sign), three = extend(last[1], sign);
        uint64_t four = extend(last[2], sign);
        chunk->keys[LONGER * at] = mix(two, 2);
        chunk->keys[LONGER * at + 1] = mix(three, 3);
        chunk->keys[LONGER * at + 2] = mix(four, 4);
        last[0] = sign;
        last[1] = two;
        last[2] = three;
        chunk->singles[at] = is_edge             ? -1
                             : sign < N_SINGLES ? sieve->singles[sign]
                                                : find_column(&sieve->ngrams, mix(sign, 1));
    }
}

/* Takes note of a column, if it is one, and of how far from its piece's beginning its last sign
   stands. */
static inline void take_column(const Sieve *sieve, Page *page, int32_t column, int64_t from,
                               int64_t size) {
    from = from < LONGER ? from : LONGER;
    page->columns[page->n_columns] = column * (1 << NUMBER_BITS) + (int32_t)(4 * from + size - 1);
    page->n_columns += column >= 0;
    PREFETCH(sieve->lanes + column * LANES);
}

/* Finds the n-grams that windows have at their ends and the whole post has not: of each sentence
   but the first those where it begins, and those where it ends. */
static void find_ends(const Sieve *sieve, Page *page) {
    const Ngrams *table = &sieve->ngrams;
    uint64_t keys[2 * LONGER * AT_ONCE];
    int32_t n_ends = 0, ends[2 * AT_ONCE];
    for (int64_t first = 0; first < page->n_sentences; first += AT_ONCE) {
        int64_t rest = page->n_sentences - first, n_here = rest < AT_ONCE ? rest : AT_ONCE;
        int64_t next = 0;
        int32_t n = 0;
        for (int64_t at = 0; at < n_here; at++) {
            int64_t start = page->edges[first + at], end = page->stops[first + at];
            int64_t room = start > 0 ? page->n_signs - start : 0;
            for (int64_t size = 1; size < LONGEST_NGRAM && size <= room; size++) {
                keys[n] = key_first(page->codes + start, size);
                n += may_hold_ngram(table, keys[n]);
            }
            ends[2 * at] = n;
            for (int64_t size = 1; size < LONGEST_NGRAM && size <= end; size++) {
                keys[n] = key_last(page->codes + end, size);
                n += may_hold_ngram(table, keys[n]);
            }
            ends[2 * at + 1] = n;
        }
        for (int32_t at = 0; at < n; at++) PREFETCH(table->starts + (keys[at] >> table->shift));
        for (int32_t at = 0; at < n; at++)
            PREFETCH(table->tags + table->starts[keys[at] >> table->shift]);
        for (int64_t at = 0; at < 2 * n_here; at++) {
            for (; next < ends[at]; next++) {
                int32_t column = find_column(table, keys[next]);
                page->own[n_ends] = column;
                n_ends += column >= 0;
                PREFETCH(sieve->lanes + column * LANES);
            }
            page->own_ends[2 * first + at] = n_ends;
        }
    }
}

/* Gives where a piece ends, its post's first edge being the first place. */
static inline int64_t end_of(const Page *page, int64_t piece) {
    int64_t sentence = piece / 2;
    if (sentence == page->n_sentences) return page->n_signs + 2;
    return 1 + (piece & 1 ? page->edges[sentence + 1] : page->stops[sentence]);
}

/* Finds the known n-grams of a page, with an edge before and behind it, by pieces: each sentence
   without the blanks at its end, these blanks, and last the edge. An n-gram is of the piece in which
   it ends. Gives columns before NUMBER_BITS that tell how many signs of its piece stand before the
   last of the n-gram, three or more as three, and how many signs it has, less one. Overwrites the
   page's codes and places. */
void find_columns(const Sieve *sieve, Page *page) {
    Chunk chunk;
    uint64_t last[LONGER] = {0};
    int64_t piece = 0, start = 0;
    read_signs(page);
    find_sentences(page);
    page->n_columns = 0;
    int64_t n_places = page->n_signs + 2, n_pieces = 2 * page->n_sentences + 1;
    for (int64_t first = 0; first < n_places; first += CHUNK) {
        fill(sieve, page, first, last, &chunk);
        int64_t n_held = filter(&sieve->ngrams, &chunk, first == 0), at = 0, next = 0;
        while (piece < n_pieces) {
            int64_t end = end_of(page, piece), stop = end - first < chunk.n ? end - first : chunk.n;
            for (; at < stop; at++)
                take_column(sieve, page, chunk.singles[at], first + at - start, 1);
            for (; next < n_held && chunk.held[next] < LONGER * stop; next++) {
                int64_t which = chunk.held[next], sign = which / LONGER;
                take_column(sieve, page, find_column(&sieve->ngrams, chunk.keys[which]),
                            first + sign - start, 2 + which - LONGER * sign);
            }
            if (end > first + chunk.n) break;
            page->piece_ends[piece++] = (int32_t)page->n_columns;
            start = end;
        }
    }
    if (page->n_sentences > 1) find_ends(sieve, page);
}
