#include "share.h"

const char *share_name(enum share share)
{
	static const char *const names[SHARES] = { "none", "relative", "absolute", "beside" };
	return (unsigned)share < SHARES ? names[share] : "unknown";
}

const char *share_words(enum share share)
{
	switch (share) {
	case SHARE_RELATIVE: return "common, relative";
	case SHARE_ABSOLUTE: return "common, in watts";
	case SHARE_BESIDE: return "beside U: with another baseline";
	case SHARE_NONE:
	case SHARES: break;
	}
	return "independent";
}
