/*
 * kept: a campaign's directory made on the spot, with run files and journals in it, and its files compared byte for byte.
 */
#ifndef JOULERIG_TESTS_UNIT_CAMPAIGN_KEPT_H
#define JOULERIG_TESTS_UNIT_CAMPAIGN_KEPT_H

#include <unistd.h>

#include "campaign_folder.h"
#include "store/sample.h"
#include "unit.h"

#define KEPT_UUID "5c3e2f60-97c1-4bd5-8a51-2f6c2b9c1e11" /* sample_header's */

static char kept_directory[64];

static inline const char *kept_path(const char *name, char path[256])
{
	return sample_path(kept_directory, name, path);
}

static inline bool kept_exists(const char *name)
{
	char path[256];
	return access(kept_path(name, path), F_OK) == 0;
}

static inline void kept_write(const char *name, const void *bytes, size_t size)
{
	char path[256];
	sample_store(kept_path(name, path), bytes, size);
}

static inline void kept_copy(const char *from, const char *to)
{
	char path[256];
	size_t size;
	unsigned char *bytes = sample_load(kept_path(from, path), &size);
	assert_non_null(bytes);
	kept_write(to, bytes, size);
	free(bytes);
}

static inline void kept_remove(const char *name)
{
	char path[256];
	assert_int_equal(unlink(kept_path(name, path)), 0);
}

static inline void kept_assert_same(const char *name, const char *other)
{
	char path[256];
	size_t size, other_size;
	unsigned char *bytes = sample_load(kept_path(name, path), &size), *others = sample_load(kept_path(other, path), &other_size);
	assert_true(bytes && others && size > 0);
	assert_int_equal(size, other_size);
	assert_memory_equal(bytes, others, size);
	free(bytes);
	free(others);
}

static inline void kept_keep_texts(void)
{
	struct error error = ERROR_INIT;
	struct campaign_file texts = {
		.plan_text = (char *)(uintptr_t) "plan\n",
		.bench_text = (char *)(uintptr_t) "bench\n",
		.facts = json_pack("{s:s, s:s, s:f}", "title", "kept", "uuid", KEPT_UUID, "real", 0.1),
	};
	assert_int_equal(campaign_folder_keep(kept_directory, &texts, &error), 0);
	json_decref(texts.facts);
}

static inline int kept_make(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	assert_non_null(sample_directory(kept_directory));
	int lock = campaign_folder_make(kept_directory, false, &error);
	assert_true(lock >= 0);
	close(lock);
	kept_keep_texts();
	return 0;
}

static inline int kept_forget(void **state)
{
	(void)state;
	sample_remove(kept_directory);
	return 0;
}

#endif
