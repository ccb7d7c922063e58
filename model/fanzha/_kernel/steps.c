/* Finds the stretches of a post that one step of normalization changes:
   fanzha.normalize.find_post_runs. */
#include <stdint.h>

/* What fanzha.steps tells of a code point. */
#define STEP 7           /* number of the step that changes it, 0 for none */
#define DIGIT 8          /* what it becomes, if that is a sign of numerals: a digit, ... */
#define STRICT 16        /* ... a numeral wherever it stands, ... */
#define LOOSE 24         /* ... or one between digits only */
#define NUMERAL 24
#define EXPANDS 32       /* it becomes none or many */
#define TO_NUMERALS 64   /* among these a sign of numerals */

#define LEAST_NUMERALS 5 /* fanzha.numerals */
#define LEAST_STRICT 4
#define WIDEST_GAP 3

/* Numerals so near to one another that they may be one number. */
typedef struct {
    int64_t size, digits, loose, gap;
} Cluster;

static int may_count(const Cluster *cluster) {
    return cluster->size >= LEAST_NUMERALS && cluster->digits < cluster->size &&
           cluster->size - cluster->loose >= LEAST_STRICT;
}

/* Puts the step, the start and the end of each stretch into `found`, which has room for `room` of
   them, in the order of the post.

   Gives how many there are, if that is more than `room` too. Sets whether signs may be read as a
   number in the end: what these become depends on one another. Expansions count as numerals
   enough, and as no gap, so that this may be needless and is never left out. */
int64_t fanzha_steps(const uint8_t *kinds, const uint32_t *codes, int64_t n, int32_t *found,
                     int64_t room, int32_t *reads) {
    Cluster cluster = {0};
    int64_t n_found = 0, start = 0;
    int step = 0;
    for (int64_t place = 0; place <= n; place++) {
        int kind = place < n ? kinds[codes[place]] : 0;
        if ((kind & STEP) != step) {
            if (step && n_found++ < room) {
                *found++ = step;
                *found++ = (int32_t)start;
                *found++ = (int32_t)place;
            }
            step = kind & STEP;
            start = place;
        }
        if (kind & (NUMERAL | TO_NUMERALS)) {
            cluster.size += kind & TO_NUMERALS ? LEAST_NUMERALS : 1;
            cluster.digits += (kind & NUMERAL) == DIGIT;
            cluster.loose += (kind & NUMERAL) == LOOSE;
            cluster.gap = 0;
            *reads |= may_count(&cluster);
        } else if (!(kind & EXPANDS) && cluster.size && ++cluster.gap > WIDEST_GAP) {
            cluster = (Cluster){0};
        }
    }
    return n_found;
}
