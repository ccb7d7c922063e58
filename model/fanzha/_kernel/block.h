/* The n-grams of a post, or its words, and what those of a stretch of it add to each label. */
#ifndef FANZHA_BLOCK_H
#define FANZHA_BLOCK_H

#include "kernel.h"

#define KEYS_AT_ONCE 256

/* One of a known column, and where it stands; `number` is the column until the pieces are summed,
   then its place in `columns`. */
typedef struct {
    int32_t number, start, end;
} Found;

/* One whose column began before, last at `before`. */
typedef struct {
    int32_t number, before, start, end;
} Repeat;

/* A column of the post: how often it occurs there, where it last began, and how often it occurs in
   the stretch in work: among what the stretch shares with the post, if more than once, and else. */
typedef struct {
    int32_t column, count, last, shared, own;
} Column;

typedef struct {
    const Model *model;
    const KeyTable *table;
    int32_t first_column; /* of the table's */
    int n_held;           /* keys that are yet to be found; they stand where `found` goes on */
    uint64_t held_keys[KEYS_AT_ONCE];
    uint64_t *own_keys; /* of what stretches have of their own, and the columns of these */
    int32_t *own;
    int32_t *numbers; /* by column: one more than its place in `columns`; all 0 between posts */
    Found *found;     /* in the order in which they begin */
    Repeat *repeats;
    Column *columns;
    int32_t *touched; /* places in `columns` of those that a stretch corrects for */
    double *sums; /* LANES a piece of the post: each that begins there, as if it occurred once */
    int32_t *first_found, *first_repeat; /* by piece */
    const int32_t *cuts;
    int64_t reach, piece, n_own, n_found, n_summed, n_repeats, n_columns, n_pieces, room_pieces;
} Block;

/* A stretch of a post. It shares with the post what is found from `start` to `end`, which begins in
   the pieces first_piece to end_piece; from `hang` on this may reach beyond the end. `n_all` is how
   many it has, its own and unknown ones too. */
typedef struct {
    int64_t first_piece, end_piece, start, end, hang;
    int64_t n_all, n_own;
    const int32_t *own; /* its own columns */
    int whole;
} Stretch;

int open_block(Block *block, const Model *model, int is_words, int32_t *numbers,
               int64_t most_found, int64_t most_own);
void close_block(Block *block);
int begin_block(Block *block, const int32_t *cuts, int64_t n_pieces, int64_t reach);
void find_all(Block *block);
void finish_block(Block *block);
void find_own(Block *block, int32_t *ends, int64_t n_stretches);
void add_stretch(Block *block, const Stretch *stretch, double *sums);
void clear_block(Block *block);

/* Takes an n-gram or word of the post; find_all must be called before there are too many. */
static inline void take(Block *block, uint64_t key, int64_t start, int64_t end, int is_any) {
    block->held_keys[block->n_held] = key;
    block->found[block->n_found + block->n_held] = (Found){0, (int32_t)start, (int32_t)end};
    block->n_held += is_any & may_hold(block->table, key);
}

/* Takes one that a stretch has of its own. */
static inline void take_own(Block *block, uint64_t key) {
    block->own_keys[block->n_own] = key;
    block->n_own += may_hold(block->table, key);
}

#endif
