/* Folds posts: fanzha.normalize. */
#include "look.h"

#include <stdlib.h>
#include <string.h>

#define EXPANDS 0x80000000U
#define FIRST_CIRCLED 0x2460U /* ① ⓵ ❶ */
#define LAST_CIRCLED 0x277EU

static int widen(Page *page, int64_t room) {
    size_t size = (size_t)room + BITS;
    uint32_t *codes = realloc(page->codes, size * sizeof *codes);
    if (codes) page->codes = codes;
    uint16_t *kinds = realloc(page->kinds, size * sizeof *kinds);
    if (kinds) page->kinds = kinds;
    uint16_t *symbols = realloc(page->symbols, size * sizeof *symbols);
    if (symbols) page->symbols = symbols;
    uint16_t *string = realloc(page->string, size * sizeof *string);
    if (string) page->string = string;
    int32_t *at = realloc(page->at, size * sizeof *at);
    if (at) page->at = at;
    int32_t *columns = realloc(page->columns, LONGEST_NGRAM * size * sizeof *columns);
    if (columns) page->columns = columns;
    int32_t *repeated = realloc(page->repeated, LONGEST_NGRAM * size * sizeof *repeated);
    if (repeated) page->repeated = repeated;
    int32_t *block_ends = realloc(page->block_ends, size * sizeof *block_ends);
    if (block_ends) page->block_ends = block_ends;
    if (!codes || !kinds || !symbols || !string || !at || !columns || !repeated || !block_ends)
        return 0;
    page->room = room;
    return 1;
}

int open_page(Page *page) {
    memset(page, 0, sizeof *page);
    return widen(page, 1024);
}

void close_page(Page *page) {
    free(page->codes);
    free(page->kinds);
    free(page->symbols);
    free(page->string);
    free(page->at);
    free(page->columns);
    free(page->repeated);
    free(page->block_ends);
}

/* Writes the post as fanzha.normalize does, but for numerals; gives 0 where memory is short. */
int fold_post(const Look *look, const uint32_t *raw, int64_t n, Page *page) {
    if (n > page->room && !widen(page, n + n / 4)) return 0;
    int64_t length = 0;
    uint32_t changed = 0, circled = 0;
    uint16_t all = 0;
    for (int64_t place = 0; place < n; place++) {
        Sign sign = look->signs[raw[place]];
        changed |= sign.folded ^ raw[place];
        circled |= raw[place] - FIRST_CIRCLED <= LAST_CIRCLED - FIRST_CIRCLED;
        if (!(sign.folded & EXPANDS)) {
            all |= sign.kinds;
            page->codes[length] = sign.folded;
            page->kinds[length] = sign.kinds;
            page->symbols[length++] = sign.symbol;
            continue;
        }
        const uint32_t *becomes = look->expansions + (sign.folded ^ EXPANDS);
        uint32_t size = *becomes++;
        if (length + size + (n - place) > page->room &&
            !widen(page, 2 * (length + size + n - place)))
            return 0;
        for (uint32_t at = 0; at < size; at++) {
            sign = look->signs[becomes[at]];
            all |= sign.kinds;
            page->codes[length] = becomes[at];
            page->kinds[length] = sign.kinds;
            page->symbols[length++] = sign.symbol;
        }
    }
    page->n = length;
    page->all = all;
    page->changed = changed != 0;
    page->circled = circled != 0;
    return 1;
}

/* Writes posts as fanzha.normalize does, but for numerals: what each becomes into `out`, ending at
   `ends`, and where in its post each sign stood into `origin`. Gives how many signs these are, or
   less than 0 where more than `room` would be needed: -1 less as many. */
int64_t fanzha_fold(const Look *look, const uint32_t *codes, const int64_t *offsets,
                    int64_t n_posts, uint32_t *out, int32_t *origin, int64_t *ends, int64_t room) {
    int64_t length = 0;
    for (int64_t post = 0; post < n_posts; post++) {
        for (int64_t place = offsets[post]; place < offsets[post + 1]; place++) {
            uint32_t folded = look->signs[codes[place]].folded, one = folded, size = 1;
            const uint32_t *becomes = &one;
            if (folded & EXPANDS) {
                becomes = look->expansions + (folded ^ EXPANDS);
                size = *becomes++;
            }
            for (uint32_t at = 0; at < size; at++, length++) {
                if (length >= room) continue;
                out[length] = becomes[at];
                origin[length] = (int32_t)(place - offsets[post]);
            }
        }
        ends[post] = length;
    }
    return length > room ? -1 - length : length;
}
