/* What is stored against what the writer makes of it, object by object. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify_model.h"

/* ---- checksums ---- */

struct sweep {
	struct verify *verify;
	const struct h5 *h5;
	const char *object;
	bool sound;
};

static void check_array(struct sweep *sweep, const char *path)
{
	struct error error = ERROR_INIT;
	struct h5 view = { .file = sweep->h5->file, .path = sweep->h5->path, .error = &error, .file_size = sweep->h5->file_size };
	h5_check_array(&view, path);
	if (!view.failed)
		return;
	sweep->sound = false;
	const char *what = error.what;
	if (strncmp(what, path, strlen(path)) == 0) /* the object is named beside it */
		what += strlen(path) + strspn(what + strlen(path), " ");
	verify_say(sweep->verify, FINDING_PROBLEM, path, "%s", what);
}

static herr_t visit(hid_t root, const char *name, const H5O_info_t *info, void *context)
{
	struct sweep *sweep = context;
	char path[H5_PATH_SIZE];
	(void)root;
	if (info->type != H5O_TYPE_DATASET)
		return 0;
	if (strcmp(name, ".") == 0)
		check_array(sweep, sweep->object);
	else
		check_array(sweep, h5_join(sweep->object, name, path));
	return 0;
}

bool verify_arrays(struct verify *verify, const struct h5 *h5, const char *object)
{
	struct sweep sweep = { verify, h5, object, true };
	if (H5Ovisit_by_name2(h5->file, object, H5_INDEX_NAME, H5_ITER_INC, visit, &sweep, H5O_INFO_BASIC, H5P_DEFAULT) < 0) {
		verify_say(verify, FINDING_PROBLEM, object, "its objects cannot be listed: HDF5's metadata are damaged");
		sweep.sound = false;
	}
	return sweep.sound;
}

/* ---- attributes and datasets ---- */

/* Of one element, or -1 where the stored one has another type or shape. */
static hssize_t bytes_of(hid_t composed_type, hid_t composed_space, hid_t stored_type, hid_t stored_space)
{
	if (H5Tequal(composed_type, stored_type) <= 0 || H5Sextent_equal(composed_space, stored_space) <= 0)
		return -1;
	return H5Sget_simple_extent_npoints(composed_space) * (hssize_t)H5Tget_size(composed_type);
}

enum sameness { SAME, OTHER_FORM, OTHER_CONTENT };

static enum sameness compare_bytes(hid_t composed, hid_t stored, bool attributes, hid_t type, size_t bytes)
{
	enum sameness result = OTHER_CONTENT;
	unsigned char *a = calloc(2, bytes + 1), *b = a ? a + bytes + 1 : NULL;
	bool read = a != NULL &&
		    (bytes == 0 || (attributes ? H5Aread(composed, type, a) >= 0 && H5Aread(stored, type, b) >= 0
					       : H5Dread(composed, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, a) >= 0 &&
							 H5Dread(stored, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, b) >= 0));
	if (read && memcmp(a, b, bytes) == 0)
		result = SAME;
	free(a);
	return result;
}

static enum sameness compare_data(hid_t composed, hid_t stored, bool attributes)
{
	hid_t types[2] = { attributes ? H5Aget_type(composed) : H5Dget_type(composed),
			   attributes ? H5Aget_type(stored) : H5Dget_type(stored) };
	hid_t spaces[2] = { attributes ? H5Aget_space(composed) : H5Dget_space(composed),
			    attributes ? H5Aget_space(stored) : H5Dget_space(stored) };
	hssize_t bytes = bytes_of(types[0], spaces[0], types[1], spaces[1]);
	enum sameness result = bytes < 0 ? OTHER_FORM : compare_bytes(composed, stored, attributes, types[0], (size_t)bytes);
	for (int i = 0; i < 2; i++) {
		H5Tclose(types[i]);
		H5Sclose(spaces[i]);
	}
	return result;
}

struct pair {
	struct verify *verify;
	hid_t stored;
	const char *path;
};

static herr_t compare_attribute(hid_t composed, const char *name, const H5A_info_t *info, void *context)
{
	struct pair *pair = context;
	(void)info;
	if (strcmp(name, "crc32c") == 0) /* has been held against the bytes */
		return 0;
	if (H5Aexists(pair->stored, name) <= 0) {
		verify_say(pair->verify, FINDING_PROBLEM, pair->path, "its attribute %s is missing", name);
		return 0;
	}
	hid_t a = H5Aopen(composed, name, H5P_DEFAULT), b = H5Aopen(pair->stored, name, H5P_DEFAULT);
	if (b < 0 || compare_data(a, b, true) != SAME)
		verify_say(pair->verify, FINDING_PROBLEM, pair->path, "its attribute %s is not what it must be", name);
	H5Aclose(a);
	if (b >= 0)
		H5Aclose(b);
	return 0;
}

void verify_same_attributes(struct verify *verify, hid_t composed, hid_t stored, const char *path)
{
	hsize_t at = 0;
	struct pair pair = { verify, stored, path };
	H5Aiterate2(composed, H5_INDEX_NAME, H5_ITER_INC, &at, compare_attribute, &pair);
}

static void compare_datasets(struct verify *verify, hid_t composed, hid_t stored, const char *path)
{
	switch (compare_data(composed, stored, false)) {
	case SAME: break;
	case OTHER_FORM: verify_say(verify, FINDING_PROBLEM, path, "has not the type or length that it must have"); break;
	case OTHER_CONTENT:
		if (!verify->unsound)
			verify_say(verify, FINDING_PROBLEM, path, "is not what the rest of the file makes it");
		break;
	}
}

/* ---- groups ---- */

static void compare_hard(struct pair *pair, hid_t composed_group, const char *name, const char *path)
{
	hid_t a = H5Oopen(composed_group, name, H5P_DEFAULT), b = H5Oopen(pair->stored, name, H5P_DEFAULT);
	if (b < 0 || H5Iget_type(a) != H5Iget_type(b))
		verify_say(pair->verify, FINDING_PROBLEM, path, "is not a %s", H5Iget_type(a) == H5I_GROUP ? "group" : "dataset");
	else if (H5Iget_type(a) == H5I_GROUP)
		verify_same(pair->verify, a, b, path);
	else {
		verify_same_attributes(pair->verify, a, b, path);
		compare_datasets(pair->verify, a, b, path);
	}
	H5Oclose(a);
	if (b >= 0)
		H5Oclose(b);
}

static bool same_target(hid_t a, hid_t b, const char *name, size_t size)
{
	char left[512] = "", right[512] = "";
	return size <= sizeof left && H5Lget_val(a, name, left, sizeof left, H5P_DEFAULT) >= 0 &&
	       H5Lget_val(b, name, right, sizeof right, H5P_DEFAULT) >= 0 && memcmp(left, right, size) == 0;
}

static herr_t compare_link(hid_t composed, const char *name, const H5L_info_t *info, void *context)
{
	struct pair *pair = context;
	char path[H5_PATH_SIZE];
	H5L_info_t stored;
	h5_join(pair->path, name, path);
	if (H5Lexists(pair->stored, name, H5P_DEFAULT) <= 0)
		verify_say(pair->verify, FINDING_PROBLEM, path, "is missing");
	else if (H5Lget_info(pair->stored, name, &stored, H5P_DEFAULT) < 0 || stored.type != info->type)
		verify_say(pair->verify, FINDING_PROBLEM, path, "is %s", info->type == H5L_TYPE_HARD ? "only a link" : "no external link");
	else if (info->type == H5L_TYPE_HARD)
		compare_hard(pair, composed, name, path);
	else if (stored.u.val_size != info->u.val_size || !same_target(composed, pair->stored, name, info->u.val_size))
		verify_say(pair->verify, FINDING_PROBLEM, path, "leads elsewhere than to its run file");
	return 0;
}

void verify_same(struct verify *verify, hid_t composed, hid_t stored, const char *path)
{
	hsize_t at = 0;
	struct pair pair = { verify, stored, path };
	verify_same_attributes(verify, composed, stored, path);
	H5Literate(composed, H5_INDEX_NAME, H5_ITER_INC, &at, compare_link, &pair);
}

struct others {
	struct verify *verify;
	hid_t composed;
	const char *path, *what;
};

static herr_t find_other(hid_t stored, const char *name, const H5L_info_t *info, void *context)
{
	struct others *others = context;
	char path[H5_PATH_SIZE];
	(void)stored, (void)info;
	if (H5Lexists(others->composed, name, H5P_DEFAULT) <= 0)
		verify_say(others->verify, FINDING_PROBLEM, h5_join(others->path, name, path), "%s", others->what);
	return 0;
}

void verify_no_others(struct verify *verify, hid_t composed, hid_t stored, const char *path, const char *what)
{
	hsize_t at = 0;
	struct others others = { verify, composed, path, what };
	if (H5Literate(stored, H5_INDEX_NAME, H5_ITER_INC, &at, find_other, &others) < 0)
		verify_say(verify, FINDING_PROBLEM, path, "its objects cannot be listed");
}
