/* The windows of a post: fanzha.windows. */
#ifndef FANZHA_WINDOWS_H
#define FANZHA_WINDOWS_H

#include "kernel.h"

#define WHOLE -1

/* A window and the number of its kind, or the post whole. */
typedef struct {
    int32_t start, end, kind;
} Window;

int64_t list_windows(const Model *model, const uint32_t *codes, int64_t length, int32_t *edges,
                     Window *windows);
int64_t find_pieces(const Window *windows, int64_t n, int64_t length, int32_t *piece_at,
                    int32_t *cuts);

#endif
