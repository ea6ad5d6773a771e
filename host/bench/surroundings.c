#include "surroundings.h"

struct surroundings surroundings_lab = { .timebase = &timebase_real };
