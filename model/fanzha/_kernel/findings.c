/* Finds the terms of a lexicon, and what their places say: fanzha.lexicon, fanzha.rules,
   fanzha.facts. */
#include "kernel.h"

#include <stdlib.h>
#include <string.h>

#define MOST_GROUPS 64
#define MOST_FACTS 4096
#define N_LENGTHS 4
#define NEAR_CHARS 20
#define MANY_TERMS 3
#define GHOST_CHARS 2 /* of a verb that may be part of honest words: fanzha.ghosts */
#define GHOST_REACH 10
#define LONGEST_TERM 24
#define NONE -1

/* What begins a term: its last sign, the nodes of one sign more, and the term that ends here, or
   NONE. */
typedef struct {
    uint32_t code;
    int32_t first, n;
    int32_t term;
} Node;

/* `groups` has a bit for each group that a term is in; `alone` says that no letter may touch it. */
typedef struct {
    uint64_t groups;
    int32_t size, alone;
} Term;

/* fanzha.rules.Rule, with the number of its fact. */
typedef struct {
    uint64_t groups, silenced_by;
    int32_t within, fact;
} Rule;

/* Facts have the numbers of the model, NONE where it does not know them. */
typedef struct {
    const Node *nodes; /* the first is that of no sign */
    const uint16_t *roots; /* by code point below N_SINGLES: the node of this sign, 0 for none */
    const Term *terms;
    const Rule *rules;
    int64_t n_rules;
    uint64_t topics, stances, verbs, credit;
    const int32_t *group_facts, *many_facts; /* by group */
    const int32_t *near_facts;               /* by topic and stance, MOST_GROUPS a topic */
    const int32_t *length_facts, *lengths;
    const double *weights; /* n_labels a fact */
    int64_t n_labels;
} Tables;

/* A term or value of a text; `term` tells different ones of a group apart. */
typedef struct {
    int32_t start, end;
    uint64_t groups;
    int32_t term;
} Match;

/* As Python gives them. */
typedef struct {
    int32_t start, end, group, term;
} Value;

typedef struct {
    int32_t rule, start, end;
} Firing;

/* Where firings go; those beyond `room` are counted only. */
typedef struct {
    Firing *found;
    int64_t n, room;
} Firings;

typedef struct {
    Match *found;
    int64_t n, room;
} Matches;

static int hold(Matches *matches, Match match) {
    if (matches->n == matches->room) {
        int64_t room = 2 * matches->room + 64;
        Match *found = realloc(matches->found, (size_t)room * sizeof *found);
        if (!found) return 0;
        matches->found = found;
        matches->room = room;
    }
    matches->found[matches->n++] = match;
    return 1;
}

static int is_letter(uint32_t code) { return code >= 'a' && code <= 'z'; }

static int stands_alone(const uint32_t *codes, int64_t n, int64_t start, int64_t end) {
    int before = start && is_letter(codes[start - 1]) && is_letter(codes[start]);
    int after = end < n && is_letter(codes[end]) && is_letter(codes[end - 1]);
    return !before && !after;
}

static const Node *next_node(const Node *nodes, const Node *from, uint32_t code) {
    const Node *child = nodes + from->first, *end = child + from->n;
    while (child < end && child->code < code) child++;
    return child < end && child->code == code ? child : NULL;
}

/* Finds the terms of a text, by their starts and then by their ends. */
static int find_terms(const Tables *tables, const uint32_t *codes, int64_t n, Matches *matches) {
    const Node *nodes = tables->nodes;
    for (int64_t start = 0; start < n; start++) {
        const Node *node;
        if (codes[start] < N_SINGLES) {
            uint16_t root = tables->roots[codes[start]];
            if (!root) continue;
            node = nodes + root;
        } else if (!(node = next_node(nodes, nodes, codes[start]))) {
            continue;
        }
        for (int64_t end = start + 1; node; end++) {
            if (node->term != NONE) {
                const Term *term = tables->terms + node->term;
                Match match = {(int32_t)start, (int32_t)end, term->groups, node->term};
                if ((!term->alone || stands_alone(codes, n, start, end)) && !hold(matches, match))
                    return 0;
            }
            node = end < n && node->n ? next_node(nodes, node, codes[end]) : NULL;
        }
    }
    return 1;
}

static int by_place(const void *first, const void *second) {
    const Match *left = first, *right = second;
    if (left->start != right->start) return left->start < right->start ? -1 : 1;
    return (left->end > right->end) - (left->end < right->end);
}

/* Tells whether a verb may be part of honest words, as no credit product stands near it:
   fanzha.ghosts.find_ghosts. */
static int has_doubt(const Tables *tables, const Matches *matches) {
    const Match *found = matches->found;
    for (int64_t at = 0; at < matches->n; at++) {
        int64_t start = found[at].start, end = found[at].end;
        if (!(found[at].groups & tables->verbs) || end - start != GHOST_CHARS) continue;
        int credit = 0;
        for (int64_t near = at; near >= 0 && !credit; near--) {
            if (found[near].start < start - GHOST_REACH - LONGEST_TERM) break;
            credit = found[near].groups & tables->credit && found[near].end > start - GHOST_REACH;
        }
        for (int64_t near = at + 1; near < matches->n && !credit; near++) {
            if (found[near].start >= end + GHOST_REACH) break;
            credit = (found[near].groups & tables->credit) != 0;
        }
        if (!credit) return 1;
    }
    return 0;
}

/* The facts of a text, a bit each. */
typedef struct {
    uint64_t bits[MOST_FACTS / 64];
} Facts;

static void add_fact(Facts *facts, int32_t fact) {
    if (fact != NONE) facts->bits[fact >> 6] |= 1ULL << (fact & 63);
}

static int lowest(uint64_t bits) {
#ifdef __GNUC__
    return __builtin_ctzll(bits);
#else
    int number = 0;
    while (!(bits >> number & 1)) number++;
    return number;
#endif
}

/* Adds the facts of groups; gives the groups that the text has. */
static uint64_t add_groups(const Tables *tables, const Matches *matches, Facts *facts) {
    int32_t seen[MOST_GROUPS][MANY_TERMS];
    int32_t n_seen[MOST_GROUPS];
    uint64_t present = 0;
    for (int64_t at = 0; at < matches->n; at++) {
        int32_t term = matches->found[at].term;
        for (uint64_t left = matches->found[at].groups; left; left &= left - 1) {
            int group = lowest(left), known = 0;
            if (!(present >> group & 1)) {
                present |= 1ULL << group;
                n_seen[group] = 0;
                add_fact(facts, tables->group_facts[group]);
            }
            if (n_seen[group] == MANY_TERMS) continue;
            for (int32_t nth = 0; nth < n_seen[group]; nth++) known |= seen[group][nth] == term;
            if (known) continue;
            seen[group][n_seen[group]++] = term;
            if (n_seen[group] == MANY_TERMS) add_fact(facts, tables->many_facts[group]);
        }
    }
    return present;
}

/* Adds the facts of topics near stances. */
static void add_neighbours(const Tables *tables, const Matches *matches, Facts *facts) {
    int32_t last[MOST_GROUPS];
    uint64_t done = 0;
    for (int64_t at = 0; at < matches->n; at++) {
        const Match *match = matches->found + at;
        uint64_t mine = match->groups & (tables->topics | tables->stances);
        for (; mine; mine &= mine - 1) {
            int group = lowest(mine), is_topic = tables->topics >> group & 1;
            uint64_t others = done & (is_topic ? tables->stances : tables->topics);
            for (; others; others &= others - 1) {
                int other = lowest(others);
                if (match->start - last[other] > NEAR_CHARS) continue;
                int pair = is_topic ? group * MOST_GROUPS + other : other * MOST_GROUPS + group;
                add_fact(facts, tables->near_facts[pair]);
            }
            if (!(done >> group & 1) || match->end > last[group]) last[group] = match->end;
            done |= 1ULL << group;
        }
    }
}

static void fire(Firings *firings, int64_t rule, int32_t start, int32_t end) {
    if (firings->n < firings->room)
        firings->found[firings->n] = (Firing){(int32_t)rule, start, end};
    firings->n++;
}

/* Lets a rule of several groups fire at the shortest place that covers one match of each:
   fanzha.rules. Which of two matches at one place is taken first does not change it. */
static int fire_tightest(const Rule *rule, int64_t number, const Matches *matches,
                         Firings *firings) {
    int32_t starts[MOST_GROUPS], ends[MOST_GROUPS], first = 0, last = 0;
    uint64_t met = 0;
    int fired = 0;
    for (int64_t at = 0; at < matches->n; at++) {
        const Match *match = matches->found + at;
        uint64_t mine = match->groups & rule->groups;
        for (; mine; mine &= mine - 1) {
            int group = lowest(mine);
            starts[group] = match->start;
            ends[group] = match->end;
            met |= 1ULL << group;
            if (met != rule->groups) continue;
            int32_t from = match->start, to = match->end, latest = match->start,
                    soonest = match->end;
            for (uint64_t left = met; left; left &= left - 1) {
                int one = lowest(left);
                if (starts[one] < from) from = starts[one];
                if (starts[one] > latest) latest = starts[one];
                if (ends[one] > to) to = ends[one];
                if (ends[one] < soonest) soonest = ends[one];
            }
            if (latest - soonest > rule->within) continue;
            if (fired && to - from >= last - first) continue;
            first = from;
            last = to;
            fired = 1;
        }
    }
    if (fired) fire(firings, number, first, last);
    return fired;
}

static void fire_rules(const Tables *tables, const Matches *matches, uint64_t present,
                       Facts *facts, Firings *firings) {
    for (int64_t number = 0; number < tables->n_rules; number++) {
        const Rule *rule = tables->rules + number;
        if (rule->groups & ~present || rule->silenced_by & present) continue;
        int fired = 1;
        if (rule->groups & (rule->groups - 1)) {
            fired = fire_tightest(rule, number, matches, firings);
        } else {
            for (int64_t at = 0; at < matches->n; at++)
                if (matches->found[at].groups & rule->groups)
                    fire(firings, number, matches->found[at].start, matches->found[at].end);
        }
        if (fired) add_fact(facts, rule->fact);
    }
}

/* Adds up what the facts add to each label, in the order of their numbers. */
static void add_up(const Tables *tables, const Facts *facts, double *sums) {
    for (int64_t label = 0; label < tables->n_labels; label++) sums[label] = 0.0;
    for (int word = 0; word < MOST_FACTS / 64; word++)
        for (uint64_t left = facts->bits[word]; left; left &= left - 1) {
            const double *row = tables->weights + (64 * word + lowest(left)) * tables->n_labels;
            for (int64_t label = 0; label < tables->n_labels; label++) sums[label] += row[label];
        }
}

/* Finds what holds of the texts codes[offsets[i]:offsets[i + 1]], beside the values and facts that
   Python found, which end at value_ends[i] and at fact_ends[i] among all.

   Puts what a text's facts add to each label into `sums`, its firings into `firings`, which has
   room for some, and where they end into `firing_ends`; into `doubts` whether the text has a verb
   that may be part of honest words; the rest holds if it is not. Gives the number of firings, or -1
   where memory is short. */
int64_t fanzha_find(const Tables *tables, const uint32_t *codes, const int64_t *offsets,
                    int64_t n_texts, const Value *values, const int64_t *value_ends,
                    const int32_t *more, const int64_t *fact_ends, double *sums, Firing *found,
                    int64_t room, int64_t *firing_ends, uint8_t *doubts) {
    Matches matches = {NULL, 0, 0};
    Firings firings = {found, 0, room};
    int64_t value = 0, fact = 0;
    int ready = 1;
    for (int64_t text = 0; ready && text < n_texts; text++) {
        int64_t n = offsets[text + 1] - offsets[text];
        Facts facts = {{0}};
        matches.n = 0;
        ready = find_terms(tables, codes + offsets[text], n, &matches);
        doubts[text] = (uint8_t)has_doubt(tables, &matches);
        int64_t n_terms = matches.n;
        for (; ready && value < value_ends[text]; value++) {
            const Value *one = values + value;
            Match match = {one->start, one->end, 1ULL << one->group, one->term};
            ready = hold(&matches, match);
        }
        if (matches.n > n_terms)
            qsort(matches.found, (size_t)matches.n, sizeof *matches.found, by_place);
        for (int nth = 0; nth < N_LENGTHS && tables->lengths[nth] <= n; nth++)
            add_fact(&facts, tables->length_facts[nth]);
        for (; fact < fact_ends[text]; fact++) add_fact(&facts, more[fact]);
        uint64_t present = add_groups(tables, &matches, &facts);
        if (present & tables->topics && present & tables->stances)
            add_neighbours(tables, &matches, &facts);
        fire_rules(tables, &matches, present, &facts, &firings);
        firing_ends[text] = firings.n;
        add_up(tables, &facts, sums + text * tables->n_labels);
    }
    free(matches.found);
    return ready ? firings.n : -1;
}
