/* Finds the windows of a post: fanzha.windows. */
#include "windows.h"

#include <math.h>
#include <string.h>

static int is_stop(uint32_t code) {
    switch (code) {
    case '\n': case 0x3002: case '!': case '?': case ';': case '~': case ' ': return 1;
    default: return 0;
    }
}

/* Puts where sentences begin, and last the end, and gives how many places these are. */
int64_t find_edges(const uint32_t *codes, int64_t length, int32_t *edges) {
    int64_t n = 0;
    edges[n++] = 0;
    for (int64_t end = 1; end <= length; end++) {
        int stops = is_stop(codes[end - 1]);
        if (end < length && (!stops || is_stop(codes[end]))) continue;
        for (; end - edges[n - 1] > MOST_CHARS; n++) edges[n] = edges[n - 1] + MOST_CHARS;
        if (end > edges[n - 1]) edges[n++] = (int32_t)end;
    }
    return n;
}

/* Gives where a window ends without the blanks at its end. */
int32_t trim(const uint32_t *codes, int32_t start, int32_t end) {
    while (end > start && (codes[end - 1] == ' ' || codes[end - 1] == '\n')) end--;
    return end;
}

static int counts_windows(const Model *model) {
    for (int64_t label = 0; label < model->n_labels; label++)
        if (model->margins[label] < INFINITY) return 1;
    return 0;
}

/* Lists the post whole and then its windows, if they count; gives how many there are. `edges` has
   room for one more than the code points, `windows` for WINDOWS_A_SIGN as many and some. */
int64_t list_windows(const Model *model, const uint32_t *codes, int64_t length, int32_t *edges,
                     Window *windows) {
    int64_t n = 0;
    windows[n++] = (Window){0, (int32_t)length};
    if (length <= SHORT_POST || !counts_windows(model)) return n;
    int64_t n_edges = find_edges(codes, length, edges);
    for (int64_t first = 0; first < n_edges - 1; first++)
        for (int64_t end = first + 1; end < n_edges && end <= first + MOST_SENTENCES; end++) {
            if (edges[end] - edges[first] > MOST_CHARS) break;
            int32_t last = trim(codes, edges[first], edges[end]);
            if (last - edges[first] >= LEAST_CHARS) windows[n++] = (Window){edges[first], last};
        }
    return n;
}

/* Finds the pieces that windows are made of, one if the post is the only; gives how many there are.
   `cuts` takes where they begin, and the last ends; `piece_at` the number of the piece that begins
   where a window begins, or the post, and of the first behind where one ends. Both have room for
   one more than the code points. */
int64_t find_pieces(const Window *windows, int64_t n, int64_t length, int32_t *piece_at,
                    int32_t *cuts) {
    int64_t n_pieces = 0;
    cuts[0] = 0;
    if (n > 1) {
        memset(piece_at, 0, (size_t)length * sizeof *piece_at);
        for (int64_t at = 1; at < n; at++)
            piece_at[windows[at].start] = piece_at[windows[at].end] = 1;
        for (int32_t place = 1; place < length; place++) {
            if (!piece_at[place]) continue;
            cuts[++n_pieces] = place;
            piece_at[place] = (int32_t)n_pieces;
        }
    }
    piece_at[0] = 0;
    cuts[++n_pieces] = (int32_t)length;
    piece_at[length] = (int32_t)n_pieces;
    return n_pieces;
}
