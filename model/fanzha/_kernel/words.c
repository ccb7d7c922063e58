/* Cuts a text into words as jieba 0.42.1 does: the same tokens, to the last one. */
#include "kernel.h"

#include <math.h>
#include <stdlib.h>

#define FIRST_HAN 0x4E00
#define LAST_HAN 0x9FD5
#define IMPOSSIBLE -3.14e100
#define NO_PREFIX 0xFFFF

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

/* Cuts a run of signs each of which was the likeliest word by itself. */
static int64_t cut_singles(const Words *words, const uint32_t *codes, int64_t start, int64_t end,
                           CutSpace *space, int64_t n) {
    if (end - start > 1) {
        uint64_t key = 0;
        for (int64_t place = start; place < end; place++) key = extend(key, codes[place]);
        int32_t found = find(&words->prefixes, mix(key, WORD));
        if (found < 0 || words->counts[found] == 0) {
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
    }
    for (int64_t place = start; place < end; place++) space->ends[n++] = (int32_t)(place + 1);
    return n;
}

/* Looks ahead from each place of a block, so that what the dictionary has is near when asked. */
static void look_ahead(const Words *words, const uint32_t *codes, int64_t start, int64_t end,
                       Ahead *ahead) {
    const KeyTable *table = &words->prefixes;
    for (int64_t place = start; place < end; place++) {
        Ahead *here = ahead + place;
        here->n = 0;
        here->raw = codes[place];
        if (words->singles[codes[place]] == NO_PREFIX) continue;
        for (int n = 0; n < LOOKED_UP && place + n + 1 < end; n++) {
            here->raw = extend(here->raw, codes[place + n + 1]);
            here->mixed[n] = mix(here->raw, WORD);
            if (!may_hold(table, here->mixed[n])) break;
            ask_for_start(table, here->mixed[n]);
            here->n = n + 1;
        }
    }
    for (int64_t place = start; place < end; place++)
        for (int n = 0; n < ahead[place].n; n++) ask_for_key(table, ahead[place].mixed[n]);
}

/* Takes a word of a place into its best path; gives whether longer words may follow. */
static inline int try_word(const Words *words, uint64_t mixed, const double *best, int64_t last,
                           double *most, int64_t *step) {
    int32_t found = find_held(&words->prefixes, mixed);
    if (found < 0) return 0;
    uint16_t count = words->counts[found];
    double sum = words->weights[count] + best[last + 1];
    if (count != 0 && sum >= *most) {
        *most = sum;
        *step = last + 1;
    }
    return 1;
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

/* Cuts Han characters and letters along the likeliest path through the dictionary. */
static int64_t cut_block(const Words *words, const uint32_t *codes, int64_t start, int64_t end,
                         CutSpace *space, int64_t n) {
    double *best = space->best;
    best[end] = 0.0;
    look_ahead(words, codes, start, end, space->ahead);
    for (int64_t first = end - 1; first >= start; first--) {
        const Ahead *here = space->ahead + first;
        uint16_t single = words->singles[codes[first]];
        int is_word = single != NO_PREFIX && single != 0;
        double most = is_word ? words->weights[single] + best[first + 1] : -INFINITY;
        int64_t step = first + 1, last = first + 1;
        int more = 1;
        for (int at = 0; at < here->n && more; at++, last++)
            more = try_word(words, here->mixed[at], best, last, &most, &step);
        if (more && here->n == LOOKED_UP) {
            uint64_t key = here->raw;
            for (; last < end; last++) {
                key = extend(key, codes[last]);
                uint64_t mixed = mix(key, WORD);
                if (!may_hold(&words->prefixes, mixed)) break;
                if (!try_word(words, mixed, best, last, &most, &step)) break;
            }
        }
        best[first] = most == -INFINITY ? words->weights[0] + best[first + 1] : most;
        space->steps[first] = (int32_t)step;
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
    size_t size = (size_t)n + 1;
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
    int32_t found = find(&words->prefixes, mix(key, WORD));
    return found < 0 ? -1 : words->counts[found];
}

#ifndef FANZHA_SOURCES
#define FANZHA_SOURCES ""
#endif

/* Names the sources: fanzha.kernel uses no library made from others. */
const char *fanzha_sources(void) { return FANZHA_SOURCES; }
