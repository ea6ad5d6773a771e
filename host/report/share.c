#include "share.h"

const char *share_name(enum share share)
{
	return share == SHARE_RELATIVE ? "relative" : share == SHARE_ABSOLUTE ? "absolute" : "none";
}

const char *share_words(enum share share)
{
	switch (share) {
	case SHARE_RELATIVE: return "common, relative";
	case SHARE_ABSOLUTE: return "common, in watts";
	case SHARE_NONE: break;
	}
	return "independent";
}
