/* Takes values, digits and long runs out of a text: fanzha.masking.mask. */
#include <stdint.h>

#define LONGEST_RUN 4

/* A value to be written as one sign. */
typedef struct {
    int32_t start, end, sign;
} Value;

static int is_digit(uint32_t code) { return code >= '0' && code <= '9'; }

/* What \s matches. */
static int is_space(uint32_t code) {
    if (code <= 32) return code == 32 || (code >= 9 && code <= 13) || (code >= 28 && code <= 31);
    return code == 0x85 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) ||
           code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

/* Puts the masked text into `out` and where each sign stood into `at`, which have room for n and
   n + 1; gives the length. The values, in order, do not overlap. */
static int64_t mask_text(const uint32_t *codes, int64_t n, const Value *values, int64_t n_values,
                         uint32_t *out, int32_t *at) {
    int64_t n_out = 0;
    for (int64_t place = 0; place < n;) {
        if (n_values && place == values->start) {
            out[n_out] = (uint32_t)values->sign;
            at[n_out++] = (int32_t)place;
            place = values->end;
            values++;
            n_values--;
            continue;
        }
        int64_t limit = n_values ? values->start : n, end = place + 1, kept;
        uint32_t sign = codes[place];
        if (is_digit(sign)) {
            while (end < limit && is_digit(codes[end])) end++;
            kept = end - place < LONGEST_RUN ? end - place : LONGEST_RUN;
            sign = '0';
        } else if (is_space(sign)) {
            while (end < limit && is_space(codes[end])) end++;
            kept = 1;
            sign = ' ';
        } else {
            while (end < limit && codes[end] == sign) end++;
            kept = end - place < LONGEST_RUN ? end - place : LONGEST_RUN - 1;
        }
        for (int64_t nth = 0; nth < kept; nth++) {
            out[n_out] = sign;
            at[n_out++] = (int32_t)(place + nth);
        }
        place = end;
    }
    at[n_out] = (int32_t)n;
    return n_out;
}

/* Masks the texts codes[offsets[i]:offsets[i + 1]], whose values end at value_ends[i] among all.

   The masked texts are put into `out`, one behind the other, and where each ends into `ends`; where
   each sign stood in its text into `at`, which has one entry more a text: the text's length. */
void fanzha_mask(const uint32_t *codes, const int64_t *offsets, int64_t n_texts,
                 const Value *values, const int64_t *value_ends, uint32_t *out, int32_t *at,
                 int64_t *ends) {
    int64_t done = 0, n_out = 0;
    for (int64_t text = 0; text < n_texts; text++) {
        int64_t n = offsets[text + 1] - offsets[text];
        n_out += mask_text(codes + offsets[text], n, values + done, value_ends[text] - done,
                           out + n_out, at + n_out + text);
        done = value_ends[text];
        ends[text] = n_out;
    }
}
