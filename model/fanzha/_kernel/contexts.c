/* Tells whether honest words around a writing explain it: fanzha.doubts, fanzha.ghosts. */
#include "look.h"

#include <string.h>

#define PROBES 32
#define LONGEST_PART 3 /* fanzha.ghosts */
#define LEAST_WEIGHT 1.2527 /* the logarithm of 3.5: a word counted more than three times */
#define LONGEST_STRETCH (2 * (AROUND + LONGEST_TERM)) /* a term with a sign between each two */

int64_t fanzha_cut(const Words *words, const uint32_t *codes, int64_t n, int known_only,
                   int32_t *ends);

/* What stands around a writing, without marks and up to a sentence mark. */
typedef struct {
    uint32_t before[AROUND], after[AROUND];
    int64_t n_before, n_after;
} Around;

static Around look_around(const Page *page, int64_t start, int64_t end, int64_t n) {
    Around around = {.n_before = 0};
    int64_t first = start;
    while (first > 0 && start - first < AROUND && page->string[first - 1] != BARRIER) first--;
    for (int64_t place = first; place < start; place++)
        around.before[around.n_before++] = page->codes[page->at[place]];
    for (int64_t place = end; place < n && place - end < AROUND; place++) {
        if (page->string[place] == BARRIER) break;
        around.after[around.n_after++] = page->codes[page->at[place]];
    }
    return around;
}

static double weigh(const Words *words, const uint32_t *codes, int64_t n) {
    uint64_t key = 0;
    for (int64_t place = 0; place < n; place++) key = extend(key, codes[place]);
    int32_t count = find_value(&words->prefixes, mix(key, WORD));
    /* Weights are logarithms, the first that of one. */
    return count <= 0 ? -1.0 : words->weights[count] - words->weights[0];
}

/* Tells whether a word of the dictionary reaches over a place. */
static int reaches_over(const Words *words, const uint32_t *codes, int64_t place, int64_t n_before,
                        int64_t n_after) {
    for (int64_t left = 1; left <= n_before && left <= LONGEST_PART; left++)
        for (int64_t right = 1; right <= n_after && right <= LONGEST_PART; right++)
            if (weigh(words, codes + place - left, left + right) >= 0.0) return 1;
    return 0;
}

/* Puts what is before and after around n codes; gives how many these are together. */
static int64_t put_between(const Around *around, const uint32_t *codes, int64_t n, uint32_t *out) {
    memcpy(out, around->before, (size_t)around->n_before * sizeof *out);
    memcpy(out + around->n_before, codes, (size_t)n * sizeof *out);
    memcpy(out + around->n_before + n, around->after, (size_t)around->n_after * sizeof *out);
    return around->n_before + n + around->n_after;
}

static int cuts_words(const Words *words, const Around *around, const uint32_t *term, int64_t n) {
    uint32_t codes[LONGEST_STRETCH];
    int32_t ends[LONGEST_STRETCH];
    int64_t n_codes = put_between(around, term, n, codes), first = around->n_before;
    if (!reaches_over(words, codes, first, first, n) &&
        !reaches_over(words, codes, first + n, n, around->n_after))
        return 0;
    int64_t n_words = fanzha_cut(words, codes, n_codes, 1, ends), at = 0;
    for (int64_t word = 0; word < n_words; at = ends[word++])
        if ((at < first && first < ends[word]) || (at < first + n && first + n < ends[word]))
            return 1;
    return 0;
}

static int lies_in_words(const Words *words, const Around *around, const uint32_t *written,
                         int64_t n, uint32_t strange) {
    uint32_t codes[LONGEST_STRETCH];
    int32_t ends[LONGEST_STRETCH];
    int64_t n_codes = put_between(around, written, n, codes), at = 0;
    int64_t n_words = fanzha_cut(words, codes, n_codes, 1, ends);
    for (int64_t word = 0; word < n_words; at = ends[word++]) {
        int64_t size = ends[word] - at;
        if (size < 2 || (size == 2 && weigh(words, codes + at, size) < LEAST_WEIGHT)) continue;
        for (int64_t place = at; place < ends[word]; place++) {
            int64_t sign = place - around->n_before;
            if (sign >= 0 && sign < n && strange >> sign & 1) return 1;
        }
    }
    return 0;
}

/* Tells whether what stands around a writing of this key at string[start:end] explains it as each
   of the terms that it may be. */
int is_explained(const Look *look, const Words *words, const Page *page, int64_t start,
                 int64_t end, int64_t n, uint64_t key) {
    const Context *context = NULL;
    uint64_t slot = key >> (64 - CONTEXT_BITS);
    for (int probe = 0; probe < PROBES && look->contexts[slot].key; probe++) {
        if (look->contexts[slot].key == key) {
            context = look->contexts + slot;
            break;
        }
        slot = (slot + 1) & ((1 << CONTEXT_BITS) - 1);
    }
    if (!context) return 0;
    Around around = look_around(page, start, end, n);
    uint32_t written[LEAD_CODES];
    for (int64_t place = start; place < end; place++)
        written[place - start] = page->codes[page->at[place]];
    for (int32_t test = 0; test < context->n; test++) {
        if (cuts_words(words, &around, context->terms[test], context->sizes[test])) continue;
        uint32_t strange = context->strange[test];
        if (!strange || !lies_in_words(words, &around, written, end - start, strange)) return 0;
    }
    return 1;
}

/* Tells whether words around codes[start:end] of a page, up to a sentence mark, reach over the edges
   of `term` in its place, or one of them holds a sign of it that is strange to the term. */
int is_altered_by_chance(const Words *words, const Page *page, int64_t start, int64_t end,
                         const uint32_t *term, int64_t n, uint32_t strange) {
    const uint32_t *codes = page->codes;
    Around around = {.n_before = 0};
    int64_t first = start;
    while (first > 0 && start - first < AROUND && page->symbols[first - 1] != BARRIER) first--;
    while (first < start) around.before[around.n_before++] = codes[first++];
    for (int64_t place = end; place < page->n && place - end < AROUND; place++) {
        if (page->symbols[place] == BARRIER) break;
        around.after[around.n_after++] = codes[place];
    }
    return cuts_words(words, &around, term, n) ||
           (strange && lies_in_words(words, &around, codes + start, end - start, strange));
}
