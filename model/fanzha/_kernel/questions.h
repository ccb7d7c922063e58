/* What a model's answers say of each label: fanzha.questions.

   The two answers of a label stand side by side, whether a post bears it and whether it would be this;
   behind those of all labels stands whether anything is promoted. */
#ifndef FANZHA_QUESTIONS_H
#define FANZHA_QUESTIONS_H

#include "kernel.h"

#include <math.h>

#define RIVAL_SHARE 0.5

static inline int64_t bears_of(int64_t label) { return 2 * label; }
static inline int64_t which_of(int64_t label) { return 2 * label + 1; }
static inline int64_t promotes_of(const Model *model) { return 2 * model->n_labels; }
static inline int64_t count_questions(const Model *model) { return promotes_of(model) + 1; }

/* The labels with the greatest and the next answer to which it would be, -1 where there is none. */
typedef struct {
    int64_t first, second;
} Ranking;

static inline Ranking rank_labels(const Model *model, const double *answers) {
    Ranking found = {-1, -1};
    for (int64_t label = 0; label < model->n_labels; label++) {
        double here = answers[which_of(label)];
        if (found.first < 0 || here > answers[which_of(found.first)])
            found = (Ranking){label, found.first};
        else if (found.second < 0 || here > answers[which_of(found.second)])
            found.second = label;
    }
    return found;
}

/* Gives the strongest other label, or -1. */
static inline int64_t rival_of(const Ranking *ranking, int64_t label) {
    return label == ranking->first ? ranking->second : ranking->first;
}

/* Gives how far the answer to which label it would be is ahead of that of the strongest other. */
static inline double lead_of(const double *answers, const Ranking *ranking, int64_t label) {
    int64_t rival = rival_of(ranking, label);
    if (rival < 0) return INFINITY;
    return answers[which_of(label)] - RIVAL_SHARE * answers[which_of(rival)];
}

/* The answers that decide on a label, and by how much each counts in its log-odds:
   fanzha.questions.find_deciding, times the slope. */
typedef struct {
    int n;
    int64_t questions[3];
    double shares[3];
} Deciding;

static inline Deciding find_deciding(const Model *model, const double *answers, int64_t label) {
    Ranking ranking = rank_labels(model, answers);
    double slope = model->slopes[label];
    if (lead_of(answers, &ranking, label) < answers[promotes_of(model)])
        return (Deciding){3,
                          {bears_of(label), which_of(label), which_of(rival_of(&ranking, label))},
                          {slope, slope, -RIVAL_SHARE * slope}};
    return (Deciding){2, {bears_of(label), promotes_of(model)}, {slope, slope}};
}

#endif
