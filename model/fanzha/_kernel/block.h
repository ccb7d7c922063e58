/* The n-grams of a post, or its words, and what those of a stretch of it answer to each question. */
#ifndef FANZHA_BLOCK_H
#define FANZHA_BLOCK_H

#include "kernel.h"

#define HELD_AT_ONCE 1024

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
    const SlotTable *table;
    int64_t n_held; /* keys that are yet to be found; they stand where `found` goes on */
    uint64_t held[HELD_AT_ONCE];
    const uint32_t *codes; /* of which single signs are added up too, or NULL */
    int64_t n_ready;       /* places before which all is found, ... */
    int64_t n_done;        /* ... and before which single signs are added up */
    uint64_t *own_keys; /* of what stretches have of their own, and the columns of these */
    int32_t *own;
    int32_t *numbers; /* by column: one more than its place in `columns`; all 0 between posts */
    Found *found;     /* in the order in which they begin */
    Repeat *repeats;
    Column *columns;
    int32_t *touched; /* places in `columns` of those that a stretch corrects for */
    double *sums; /* N_SUMS a piece of the post: each that begins there, as if it occurred once */
    int32_t *first_found, *first_repeat; /* by piece */
    int32_t *first_known;                /* the same of what is known, single signs too */
    const int32_t *cuts;
    int64_t reach, piece, n_own, n_found, n_summed, n_known, n_repeats, n_columns, n_pieces, room_pieces;
} Block;

/* What an end of some stretches adds, as if each of it occurred once: its own, less what hangs over
   it; and how many known ones these are. */
typedef struct {
    double sums[N_SUMS];
    int64_t n_known;
} Edge;

/* A stretch of a post. It shares with the post what is found from `start` to `end`, which begins in
   the pieces first_piece to end_piece; from `hang` on this may reach beyond the end. `n_all` is how
   many it has, its own and unknown ones too. */
typedef struct {
    int64_t first_piece, end_piece, start, end, hang;
    int64_t n_all, n_own;
    const int32_t *own;   /* its own columns */
    const Edge *edges[2]; /* what its ends add, or NULL where this is among its own */
    int whole;
} Stretch;

int open_block(Block *block, const Model *model, int is_words, int32_t *numbers,
               int64_t most_found, int64_t most_own);
void close_block(Block *block);
int begin_block(Block *block, const uint32_t *codes, const int32_t *cuts, int64_t n_pieces,
                int64_t reach);
void find_all(Block *block);
void sum_found(Block *block);
void finish_block(Block *block);
void find_own(Block *block, int32_t *ends, int64_t n_stretches);
void add_edge(const Block *block, const int32_t *own, int64_t n_own, int64_t end_piece,
              int64_t reach, Edge *edge);
void add_stretch(Block *block, const Stretch *stretch, double *sums);
void clear_block(Block *block);

/* Holds an n-gram or word of the post if it may be known; find_all must be called before there are too
   many. */
static inline void hold(Block *block, uint64_t key, int64_t start, int64_t end, int is_any) {
    int64_t n = block->n_held;
    block->held[n] = key;
    block->found[block->n_found + n] = (Found){0, (int32_t)start, (int32_t)end};
    block->n_held = n + (is_any & is_marked(block->table, key));
}

/* Asks for what finding them needs from memory. */
static inline void ask_for_held(const Block *block) {
    for (int64_t at = 0; at < block->n_held; at++)
        ask_for_slot(block->table, slot_of(block->table, block->held[at]));
}

/* Takes one that a stretch has of its own. */
static inline void take_own(Block *block, uint64_t key) {
    block->own_keys[block->n_own] = key;
    block->n_own += is_marked(block->table, key);
}

#endif
