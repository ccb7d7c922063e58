/* The windows of a post: fanzha.windows. */
#ifndef FANZHA_WINDOWS_H
#define FANZHA_WINDOWS_H

#include "kernel.h"

#define SHORT_POST 48
#define MOST_CHARS 60
#define MOST_SENTENCES 8
#define LEAST_CHARS 6

/* A sentence has two signs. */
#define WINDOWS_A_SIGN (MOST_SENTENCES / 2 + 1)
#define MORE_WINDOWS (2 * MOST_SENTENCES + 3)

/* A window, or the post whole. */
typedef struct {
    int32_t start, end;
} Window;

int64_t find_edges(const uint32_t *codes, int64_t length, int32_t *edges);
int32_t trim(const uint32_t *codes, int32_t start, int32_t end);
int64_t list_windows(const Model *model, const uint32_t *codes, int64_t length, int32_t *edges,
                     Window *windows);
int64_t find_pieces(const Window *windows, int64_t n, int64_t length, int32_t *piece_at,
                    int32_t *cuts);

#endif
