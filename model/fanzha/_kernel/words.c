/* Cuts a text into words as jieba 0.42.1 does: the same tokens, to the last one. */
#include "kernel.h"

#include <math.h>
#include <stdlib.h>

#define FIRST_HAN 0x4E00
#define LAST_HAN 0x9FD5
#define IMPOSSIBLE -3.14e100
#define NO_PREFIX 0xFFFF
#define AHEAD_AT_ONCE 256
#define MOST_ROOM 64 /* more than the longest look ahead */

enum { BEGIN, END, MIDDLE, SINGLE };

/* jieba.finalseg.prob_start and prob_trans */
static const double FIRST[4] = {-0.26268660809250016, -3.14e100, -3.14e100, -1.4652633398537678};
static const double NEXT[4][4] = {
    {IMPOSSIBLE, -0.51082562376599, -0.916290731874155, IMPOSSIBLE},
    {-0.5897149736854513, IMPOSSIBLE, IMPOSSIBLE, -0.8085250474669937},
    {IMPOSSIBLE, -0.33344856811948514, -1.2603623820268226, IMPOSSIBLE},
    {-0.7211965654669841, IMPOSSIBLE, IMPOSSIBLE, -0.6658631448798212},
};
/* The two states that may stand before each; of equals jieba takes the later of B, E, M, S. */
static const int BEFORE[4][2] = {{END, SINGLE}, {BEGIN, MIDDLE}, {BEGIN, MIDDLE}, {END, SINGLE}};

static inline int is_han(uint32_t code) { return code >= FIRST_HAN && code <= LAST_HAN; }
static inline int is_digit(uint32_t code) { return code >= '0' && code <= '9'; }
static inline int is_alphanumeric(uint32_t code) {
    return is_digit(code) || (code >= 'A' && code <= 'Z') || (code >= 'a' && code <= 'z');
}

/* Tells whether jieba looks a sign up; these marks count among letters. */
static inline int in_block(uint32_t code) {
    if (is_han(code) || is_alphanumeric(code)) return 1;
    switch (code) {
    case '+': case '#': case '&': case '.': case '_': case '%': case '-': return 1;
    default: return 0;
    }
}

/* Tells whether the words on the two sides of a place, not an end, may hang on each other. */
int inside_block(const uint32_t *codes, int64_t place) {
    uint32_t before = codes[place - 1], after = codes[place];
    return (in_block(before) && in_block(after)) || (before == '\r' && after == '\n');
}

/* Cuts unknown Han characters by jieba's hidden Markov model (Viterbi). */
static int64_t guess(const Words *words, const uint32_t *codes, int64_t start, int64_t end,
                     CutSpace *space, int64_t n) {
    double scores[4], following[4];
    const double *row = words->emissions + 4 * words->signs[codes[start] - FIRST_HAN];
    for (int state = 0; state < 4; state++) scores[state] = FIRST[state] + row[state];
    for (int64_t place = start + 1; place < end; place++) {
        row = words->emissions + 4 * words->signs[codes[place] - FIRST_HAN];
        for (int state = 0; state < 4; state++) {
            int low = BEFORE[state][0], high = BEFORE[state][1];
            double by_low = scores[low] + NEXT[low][state] + row[state];
            double by_high = scores[high] + NEXT[high][state] + row[state];
            following[state] = by_high >= by_low ? by_high : by_low;
            space->paths[place][state] = (uint8_t)(by_high >= by_low ? high : low);
        }
        for (int state = 0; state < 4; state++) scores[state] = following[state];
    }
    int state = scores[SINGLE] >= scores[END] ? SINGLE : END;
    for (int64_t place = end - 1; place > start; place--) {
        int before = space->paths[place][state];
        space->paths[place][0] = (uint8_t)state;
        state = before;
    }
    space->paths[start][0] = (uint8_t)state;
    int64_t reached = start;
    for (int64_t place = start; place < end; place++) {
        state = space->paths[place][0];
        if (state == END || state == SINGLE) {
            reached = place + 1;
            space->ends[n++] = (int32_t)reached;
        }
    }
    if (reached < end) space->ends[n++] = (int32_t)end;
    return n;
}

/* Cuts letters, digits and the marks among them: 3.5% is one word, the marks between others. */
static int64_t cut_letters(const uint32_t *codes, int64_t start, int64_t end, CutSpace *space,
                           int64_t n) {
    int64_t place = start, gap = start;
    while (place < end) {
        if (!is_alphanumeric(codes[place])) {
            place++;
            continue;
        }
        if (gap < place) space->ends[n++] = (int32_t)place;
        while (place < end && is_alphanumeric(codes[place])) place++;
        if (place + 1 < end && codes[place] == '.' && is_digit(codes[place + 1])) {
            place += 2;
            while (place < end && is_digit(codes[place])) place++;
        }
        if (place < end && codes[place] == '%') place++;
        space->ends[n++] = (int32_t)(gap = place);
    }
    if (gap < end) space->ends[n++] = (int32_t)end;
    return n;
}

/* Tells whether a stretch of a block that was looked ahead is a word of the dictionary. */
static int is_known(const Words *words, const uint32_t *codes, int64_t start, int64_t end,
                    const CutSpace *space) {
    const Ahead *ahead = space->ahead + start;
    if (end - start <= LOOKED_UP + 1) return ahead->counts[end - start - 2] != 0;
    if (!ahead->more) return 0;
    uint64_t key = 0;
    for (int64_t place = start; place < end; place++) key = extend(key, codes[place]);
    return find_value(&words->prefixes, mix(key, WORD)) > 0;
}

/* Cuts a run of signs each of which was the likeliest word by itself. */
static int64_t cut_singles(const Words *words, const uint32_t *codes, int64_t start, int64_t end,
                           CutSpace *space, int64_t n) {
    if (end - start > 1 && !is_known(words, codes, start, end, space)) {
        int64_t place = start;
        while (place < end) {
            start = place;
            int han = is_han(codes[start]);
            while (place < end && is_han(codes[place]) == han) place++;
            n = han ? guess(words, codes, start, place, space, n)
                    : cut_letters(codes, start, place, space, n);
        }
        return n;
    }
    for (int64_t place = start; place < end; place++) space->ends[n++] = (int32_t)(place + 1);
    return n;
}

/* Signs from a place on that may begin a word, and how many the block has from there. */
typedef struct {
    uint64_t key;
    int32_t place, room;
} Beginning;

/* Looks up which of some beginnings of two signs are in the dictionary, then those of three that
   begin with them, and so on: memory is asked for all of a length before it is waited for. */
static void look_up(const Words *words, const uint32_t *codes, Beginning *some, int64_t n,
                    Ahead *ahead) {
    const SlotTable *table = &words->prefixes;
    uint64_t mixed[AHEAD_AT_ONCE];
    for (int size = 2; n && size <= LOOKED_UP + 1; size++) {
        int64_t n_marked = 0, n_known = 0;
        for (int64_t at = 0; at < n; at++) {
            uint64_t key = mix(some[at].key, WORD);
            some[n_marked] = some[at];
            mixed[n_marked] = key;
            n_marked += is_marked(table, key);
        }
        for (int64_t at = 0; at < n_marked; at++) ask_for_slot(table, slot_of(table, mixed[at]));
        for (int64_t at = 0; at < n_marked; at++) {
            Beginning one = some[at];
            int32_t count = read_slot(table, slot_of(table, mixed[at]), tag_of(mixed[at]));
            int longer = (count >= 0) & (one.room > size);
            ahead[one.place].counts[size - 2] = (uint16_t)(count > 0 ? count : 0);
            ahead[one.place].more = size == LOOKED_UP + 1 && longer;
            one.key = extend(one.key, codes[one.place + (longer ? size : 0)]);
            some[n_known] = one;
            n_known += longer;
        }
        n = n_known;
    }
}

/* Looks ahead from each place of the blocks of a text. */
static void look_ahead(const Words *words, const uint32_t *codes, int64_t start, int64_t end,
                       Ahead *ahead) {
    Beginning some[AHEAD_AT_ONCE];
    int64_t n = 0, place = start;
    while (place < end) {
        int64_t stop = place;
        while (stop < end && in_block(codes[stop])) stop++;
        for (; place < stop; place++) {
            int64_t room = stop - place < MOST_ROOM ? stop - place : MOST_ROOM;
            uint64_t key = extend(codes[place], codes[place + (room > 1)]);
            ahead[place] = (Ahead){{0}, 0};
            some[n] = (Beginning){key, (int32_t)place, (int32_t)room};
            n += (room > 1) & (words->singles[codes[place]] != NO_PREFIX);
            if (n < AHEAD_AT_ONCE) continue;
            look_up(words, codes, some, n, ahead);
            n = 0;
        }
        place = stop + 1;
    }
    look_up(words, codes, some, n, ahead);
}

/* Puts the words of the best path as they are; letters and digits that are no words together are,
   as jieba has it, one. */
static int64_t put_known(const uint32_t *codes, int64_t start, int64_t end, CutSpace *space,
                         int64_t n) {
    int joins = 0;
    for (int64_t place = start; place < end; place = space->steps[place]) {
        int joined = space->steps[place] - place == 1 && is_alphanumeric(codes[place]);
        if (joins && joined) n--;
        joins = joined;
        space->ends[n++] = space->steps[place];
    }
    return n;
}

/* Takes words of a place into its best path: those of more than two signs, which are few. */
static double try_longer(const Words *words, const uint32_t *codes, int64_t first, int64_t end,
                         CutSpace *space, double most) {
    const Ahead *ahead = space->ahead + first;
    for (int size = 3; size <= LOOKED_UP + 1 && first + size <= end; size++) {
        double sum = words->gains[ahead->counts[size - 2]] + space->best[first + size];
        if (ahead->counts[size - 2] == 0 || sum < most) continue;
        most = sum;
        space->steps[first] = (int32_t)(first + size);
    }
    if (!ahead->more) return most;
    uint64_t key = 0;
    for (int64_t place = first; place <= first + LOOKED_UP; place++) key = extend(key, codes[place]);
    for (int64_t last = first + LOOKED_UP + 1; last < end; last++) {
        key = extend(key, codes[last]);
        int32_t count = find_value(&words->prefixes, mix(key, WORD));
        if (count < 0) break;
        double sum = words->gains[count] + space->best[last + 1];
        if (count == 0 || sum < most) continue;
        most = sum;
        space->steps[first] = (int32_t)(last + 1);
    }
    return most;
}

/* Cuts Han characters and letters, which were looked ahead, along the likeliest path through the
   dictionary. */
static int64_t cut_block(const Words *words, const uint32_t *codes, int64_t start, int64_t end,
                         CutSpace *space, int64_t n) {
    double *best = space->best;
    double next = 0.0, after = -INFINITY; /* the best from one and from two signs on */
    best[end] = 0.0;
    for (int64_t first = end - 1; first >= start; first--) {
        const Ahead *ahead = space->ahead + first;
        uint16_t single = words->singles[codes[first]];
        /* Whether two signs are a word is hard to foresee, so there is no branch on it. */
        double alone = words->gains[single == NO_PREFIX ? 0 : single] + next;
        double both = words->gains[ahead->counts[0]] + after;
        int is_both = both >= alone;
        double most = both > alone ? both : alone;
        space->steps[first] = (int32_t)(first + 1 + is_both);
        if (ahead->counts[1] | ahead->counts[2] | ahead->more)
            most = try_longer(words, codes, first, end, space, most);
        if (most == -INFINITY) {
            most = words->weights[0] + next;
            space->steps[first] = (int32_t)(first + 1);
        }
        best[first] = most;
        after = next;
        next = most;
    }
    if (space->known_only) return put_known(codes, start, end, space, n);
    int64_t place = start, alone = start;
    while (place < end) {
        int64_t step = space->steps[place];
        if (step - place > 1) {
            n = cut_singles(words, codes, alone, place, space, n);
            space->ends[n++] = (int32_t)(alone = step);
        }
        place = step;
    }
    return cut_singles(words, codes, alone, end, space, n);
}

/* Cuts codes[start:end] as if it stood alone; gives how many words it has and puts where each
   ends into space->ends. */
int64_t cut_range(const Words *words, const uint32_t *codes, int64_t start, int64_t end,
                  CutSpace *space) {
    int64_t n = 0, place = start;
    look_ahead(words, codes, start, end, space->ahead);
    while (place < end) {
        int64_t first = place++;
        if (in_block(codes[first])) {
            while (place < end && in_block(codes[place])) place++;
            n = cut_block(words, codes, first, place, space, n);
        } else {
            if (place < end && codes[first] == '\r' && codes[place] == '\n') place++;
            space->ends[n++] = (int32_t)place;
        }
    }
    return n;
}

/* Makes space for texts of n code points; gives whether there was memory. */
int open_cut_space(CutSpace *space, int64_t n) {
    size_t size = (size_t)n + 2;
    space->known_only = 0;
    space->ahead = malloc(size * sizeof *space->ahead);
    space->best = malloc(size * sizeof *space->best);
    space->steps = malloc(size * sizeof *space->steps);
    space->paths = malloc(size * sizeof *space->paths);
    space->ends = malloc(size * sizeof *space->ends);
    return space->ahead && space->best && space->steps && space->paths && space->ends;
}

void close_cut_space(CutSpace *space) {
    free(space->ahead);
    free(space->best);
    free(space->steps);
    free(space->paths);
    free(space->ends);
}

/* fanzha.segment.Segmenter.segment, or segment_known: gives the number of words, or -1 where memory
   is short. */
int64_t fanzha_cut(const Words *words, const uint32_t *codes, int64_t n, int known_only,
                   int32_t *ends) {
    CutSpace space;
    int64_t n_words = -1;
    if (open_cut_space(&space, n)) {
        space.known_only = known_only;
        n_words = cut_range(words, codes, 0, n, &space);
        for (int64_t word = 0; word < n_words; word++) ends[word] = space.ends[word];
    }
    close_cut_space(&space);
    return n_words;
}

/* Gives the number of a word's count, or -1 where it does not even begin one. */
int fanzha_count(const Words *words, const uint32_t *codes, int64_t n) {
    uint64_t key = 0;
    for (int64_t place = 0; place < n; place++) key = extend(key, codes[place]);
    return find_value(&words->prefixes, mix(key, WORD));
}

#ifndef FANZHA_SOURCES
#define FANZHA_SOURCES ""
#endif

/* Names the sources: fanzha.kernel uses no library made from others. */
const char *fanzha_sources(void) { return FANZHA_SOURCES; }
