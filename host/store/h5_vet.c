/*
 * Looks at a file before the library does. libhdf5 1.10 believes what a file's metadata says and can be crashed by it, so only
 * metadata of the few kinds that we write get there: groups and plain datasets in version 2 object headers, every link and
 * attribute in the header itself; no heaps, trees, filters, shared or variable-length anything. Each object is reached by one
 * link, each length fits its place, each array lies within the file, and nothing leads out of it but what stands below /runs,
 * which the library is never asked to follow. (Its own checksums of metadata, and ours of data, are looked at later.)
 *
 * Source: HDF5 File Format Specification 3.0, sections II.A, IV.A.1.b and IV.A.2.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "h5.h"

#define DEPTH_MAX 16 /* of groups; ours need 6 */
#define HEAD_MAX 34  /* bytes of an object's header before its messages, with times and all */
#define UNDEFINED UINT64_MAX

enum message {
	MESSAGE_NIL, MESSAGE_SPACE, MESSAGE_LINK_INFO, MESSAGE_TYPE, MESSAGE_FILL = 5, MESSAGE_LINK, MESSAGE_LAYOUT = 8,
	MESSAGE_GROUP_INFO = 10, MESSAGE_ATTRIBUTE = 12, MESSAGE_CONTINUATION = 16, MESSAGE_ATTRIBUTE_INFO = 21, MESSAGES
};

struct vet {
	int fd;
	uint64_t size;      /* of the file */
	uint64_t unvisited; /* bytes: more metadata than there is file means that something is reached twice */
	struct h5_fault *fault;
	char path[H5_PATH_SIZE]; /* of the object looked at */
};

/* One object's header goes on there. */
struct piece {
	uint64_t address, length;
};

/* What the messages of one object's header have said so far. */
struct object {
	int depth;             /* of the object itself: 0 for the root */
	bool outside;          /* a group whose links may lead to other files */
	unsigned seen[MESSAGES];
	uint64_t n, type_size, stored; /* of a dataset: values, bytes of one, bytes in the file */
	struct piece *pieces;  /* malloc'ed; looked at one after another, not from within each other: there may be any number */
	size_t n_pieces;
};

/* The first fault stands. */
static bool refuse(struct vet *vet, const char *what)
{
	if (vet->fault->what == NULL) {
		vet->fault->what = what;
		memcpy(vet->fault->object, vet->path, sizeof vet->path);
	}
	return false;
}

/* ---- bytes ---- */

struct cursor {
	const uint8_t *at;
	size_t left;
	bool short_of; /* more was asked for than there is */
};

static const uint8_t *take_bytes(struct cursor *cursor, uint64_t n)
{
	const uint8_t *bytes = cursor->at;
	if (n > cursor->left) {
		cursor->short_of = true;
		return NULL;
	}
	cursor->at += n;
	cursor->left -= n;
	return bytes;
}

static uint64_t take(struct cursor *cursor, unsigned width)
{
	const uint8_t *bytes = take_bytes(cursor, width);
	uint64_t value = 0;
	while (bytes != NULL && width-- > 0)
		value = value << 8 | bytes[width];
	return value;
}

static struct cursor take_part(struct cursor *cursor, uint64_t n)
{
	const uint8_t *bytes = take_bytes(cursor, n);
	return (struct cursor){ .at = bytes, .left = bytes ? n : 0, .short_of = bytes == NULL };
}

static bool is_used_up(const struct cursor *cursor)
{
	return !cursor->short_of && cursor->left == 0;
}

/* A piece of the file's metadata, malloc'ed; NULL when it is not there, or all together would be more than the file. */
static uint8_t *read_piece(struct vet *vet, uint64_t address, uint64_t n)
{
	if (address > vet->size || n > vet->size - address || n > vet->unvisited) {
		refuse(vet, "parts of it overlap or lie outside of the file");
		return NULL;
	}
	uint8_t *bytes = malloc(n + 1);
	if (bytes == NULL || pread(vet->fd, bytes, n, (off_t)address) != (ssize_t)n) {
		refuse(vet, "it cannot be read");
		free(bytes);
		return NULL;
	}
	vet->unvisited -= n;
	return bytes;
}

/* ---- types and shapes ---- */

static bool vet_number(struct cursor *type, unsigned class, uint64_t bits, uint64_t size)
{
	static const uint8_t f64[12] = { 0, 0, 64, 0, 52, 11, 0, 52, 0xff, 0x03, 0, 0 };
	if (class == 1) {
		const uint8_t *properties = take_bytes(type, sizeof f64);
		return bits == 0x3f20 && size == 8 && properties != NULL && memcmp(properties, f64, sizeof f64) == 0;
	}
	uint64_t offset = take(type, 2), precision = take(type, 2);
	return (bits & ~UINT64_C(8)) == 0 && (size == 1 || size == 2 || size == 4 || size == 8) && offset == 0 && precision == 8 * size;
}

static bool vet_type(struct vet *vet, struct cursor *type, bool may_be_row, uint64_t *size);

/* A row is packed: each member begins where the one before it ends. */
static bool vet_row(struct vet *vet, struct cursor *type, uint64_t n, uint64_t size)
{
	unsigned width = size < 1 << 8 ? 1 : size < 1 << 16 ? 2 : size < 1 << 24 ? 3 : 4;
	uint64_t offset = 0, member;
	for (; n > 0; n--, offset += member) {
		size_t length = strnlen((const char *)type->at, type->left);
		if (length == 0 || take_bytes(type, length + 1) == NULL || take(type, width) != offset ||
		    !vet_type(vet, type, false, &member))
			return false;
	}
	return offset == size;
}

static bool vet_type(struct vet *vet, struct cursor *type, bool may_be_row, uint64_t *size)
{
	uint64_t head = take(type, 1), bits = take(type, 3), version = head >> 4, class = head & 15;
	*size = take(type, 4);
	bool plain = !type->short_of && *size > 0 && version >= 1 && version <= 3;
	switch (class) {
	case 0: case 1: plain = plain && vet_number(type, (unsigned)class, bits, *size); break;
	case 3: plain = plain && (bits & 15) <= 2 && bits >> 4 <= 1; break;
	case 6: plain = plain && may_be_row && version == 3 && bits <= UINT16_MAX && vet_row(vet, type, bits, *size); break;
	default: plain = false;
	}
	return (plain && !type->short_of) || refuse(vet, "a type of data that the layout does not know");
}

static bool vet_space(struct vet *vet, struct cursor *space, uint64_t *n)
{
	uint64_t version = take(space, 1), rank = take(space, 1), flags = take(space, 1), kind = take(space, 1), most;
	*n = rank == 0 ? 1 : take(space, 8);
	most = rank == 1 && flags == 1 ? take(space, 8) : *n;
	return (version == 2 && rank <= 1 && kind == rank && flags <= rank && most == *n && is_used_up(space)) ||
	       refuse(vet, "a shape of data that the layout does not know");
}

static bool fits(uint64_t n, uint64_t size, uint64_t bytes)
{
	return n == 0 ? bytes == 0 : n <= bytes / size && n * size == bytes;
}

/* ---- messages ---- */

static bool vet_layout(struct vet *vet, struct cursor *layout, struct object *object)
{
	uint64_t version = take(layout, 1), class = take(layout, 1), address = take(layout, 8);
	object->stored = take(layout, 8);
	if (version != 3 || class != 1 || !is_used_up(layout))
		return refuse(vet, "not stored in one plain piece");
	if (object->stored == 0 && address == UNDEFINED)
		return true;
	return (address <= vet->size && object->stored <= vet->size - address) || refuse(vet, "its data lie outside of the file");
}

static bool vet_attribute(struct vet *vet, struct cursor *attribute)
{
	uint64_t version = take(attribute, 1), flags = take(attribute, 1), lengths[3], size, n;
	for (int i = 0; i < 3; i++)
		lengths[i] = take(attribute, 2);
	uint64_t encoding = take(attribute, 1);
	struct cursor name = take_part(attribute, lengths[0]), type = take_part(attribute, lengths[1]);
	struct cursor space = take_part(attribute, lengths[2]);
	if (version != 3 || flags != 0 || encoding > 1 || attribute->short_of || name.left < 2 ||
	    strnlen((const char *)name.at, name.left) != name.left - 1)
		return refuse(vet, "an attribute that makes no sense");
	if (!vet_type(vet, &type, false, &size) || !vet_space(vet, &space, &n))
		return false;
	return (is_used_up(&type) && fits(n, size, attribute->left)) || refuse(vet, "an attribute of the wrong length");
}

static bool vet_object(struct vet *vet, uint64_t address, int depth, bool outside);

static bool vet_member(struct vet *vet, struct cursor name, uint64_t address, int depth)
{
	size_t parent = strlen(vet->path);
	snprintf(vet->path + parent, sizeof vet->path - parent, "/%.*s", (int)(name.left < 255 ? name.left : 255), (const char *)name.at);
	bool good = vet_object(vet, address, depth, strcmp(vet->path, "/runs") == 0);
	vet->path[parent] = '\0';
	return good;
}

static bool vet_link(struct vet *vet, struct cursor *link, const struct object *object)
{
	uint64_t version = take(link, 1), flags = take(link, 1), kind = flags & 8 ? take(link, 1) : 0;
	if (flags & 16 && take(link, 1) > 1)
		return refuse(vet, "a link that makes no sense");
	uint64_t length = take(link, 1u << (flags & 3));
	struct cursor name = take_part(link, length);
	if (version != 1 || flags & ~UINT64_C(0x1b) || length == 0 || name.short_of || memchr(name.at, '\0', length) != NULL ||
	    memchr(name.at, '/', length) != NULL)
		return refuse(vet, "a link that makes no sense");
	if (kind == 64 && object->outside)
		return take(link, 2) == link->left || refuse(vet, "a link that makes no sense");
	uint64_t address = take(link, 8);
	if (kind != 0 || !is_used_up(link))
		return refuse(vet, "a link that is not a plain one");
	return vet_member(vet, name, address, object->depth + 1);
}

/* Heaps and trees for many links or attributes: none. */
static bool vet_info(struct vet *vet, struct cursor *info)
{
	return (take(info, 1) == 0 && take(info, 1) == 0 && take(info, 8) == UNDEFINED && take(info, 8) == UNDEFINED &&
		is_used_up(info)) || refuse(vet, "links or attributes are kept in another way than joulerig keeps them");
}

static bool vet_group_info(struct vet *vet, struct cursor *info)
{
	uint64_t version = take(info, 1), flags = take(info, 1);
	take_bytes(info, (flags & 1 ? 4 : 0) + (flags & 2 ? 4 : 0));
	return (version == 0 && flags <= 3 && is_used_up(info)) || refuse(vet, "a group that makes no sense");
}

/* Late allocation, nothing to fill with. */
static bool vet_fill(struct vet *vet, struct cursor *fill)
{
	uint64_t version = take(fill, 1), flags = take(fill, 1);
	return (version == 3 && flags < 16 && is_used_up(fill)) || refuse(vet, "values that nobody wrote");
}

static bool vet_continuation(struct vet *vet, struct cursor *continuation, struct object *object)
{
	struct piece piece = { .address = take(continuation, 8), .length = take(continuation, 8) };
	if (!is_used_up(continuation) || piece.length < 8)
		return refuse(vet, "its header makes no sense");
	struct piece *grown = realloc(object->pieces, (object->n_pieces + 1) * sizeof *grown);
	if (grown == NULL)
		return refuse(vet, "it cannot be read");
	object->pieces = grown;
	grown[object->n_pieces++] = piece;
	return true;
}

static bool vet_message(struct vet *vet, uint64_t kind, struct cursor message, struct object *object)
{
	if (kind < MESSAGES)
		object->seen[kind]++;
	switch (kind) {
	case MESSAGE_NIL: return true;
	case MESSAGE_SPACE: return vet_space(vet, &message, &object->n);
	case MESSAGE_LINK_INFO: case MESSAGE_ATTRIBUTE_INFO: return vet_info(vet, &message);
	case MESSAGE_TYPE: return vet_type(vet, &message, true, &object->type_size) && is_used_up(&message);
	case MESSAGE_FILL: return vet_fill(vet, &message);
	case MESSAGE_LINK: return vet_link(vet, &message, object);
	case MESSAGE_LAYOUT: return vet_layout(vet, &message, object);
	case MESSAGE_GROUP_INFO: return vet_group_info(vet, &message);
	case MESSAGE_ATTRIBUTE: return vet_attribute(vet, &message);
	case MESSAGE_CONTINUATION: return vet_continuation(vet, &message, object);
	default: return refuse(vet, "metadata of a kind that joulerig does not write");
	}
}

static bool vet_chunk(struct vet *vet, struct cursor messages, struct object *object)
{
	while (messages.left >= 4) { /* less is a gap */
		uint64_t kind = take(&messages, 1), length = take(&messages, 2), flags = take(&messages, 1);
		struct cursor message = take_part(&messages, length);
		if (message.short_of || flags & ~UINT64_C(5))
			return refuse(vet, "its header makes no sense");
		if (!vet_message(vet, kind, message, object))
			return refuse(vet, "metadata that make no sense");
	}
	return true;
}

static bool vet_piece(struct vet *vet, struct piece piece, struct object *object)
{
	uint8_t *chunk = read_piece(vet, piece.address, piece.length);
	if (chunk == NULL)
		return false;
	bool good = memcmp(chunk, "OCHK", 4) == 0 && vet_chunk(vet, (struct cursor){ chunk + 4, piece.length - 8, false }, object);
	free(chunk);
	return good || refuse(vet, "its header makes no sense");
}

/* ---- objects ---- */

static bool vet_kind(struct vet *vet, const struct object *object)
{
	const unsigned *seen = object->seen;
	bool single = seen[MESSAGE_ATTRIBUTE_INFO] <= 1 && seen[MESSAGE_GROUP_INFO] <= 1;
	bool group = seen[MESSAGE_LINK_INFO] == 1 && seen[MESSAGE_SPACE] + seen[MESSAGE_TYPE] + seen[MESSAGE_LAYOUT] + seen[MESSAGE_FILL] == 0;
	bool dataset = seen[MESSAGE_SPACE] == 1 && seen[MESSAGE_TYPE] == 1 && seen[MESSAGE_LAYOUT] == 1 && seen[MESSAGE_FILL] == 1 &&
		       seen[MESSAGE_LINK] + seen[MESSAGE_LINK_INFO] + seen[MESSAGE_GROUP_INFO] == 0;
	if (!single || !(group || dataset))
		return refuse(vet, "neither a group nor a dataset");
	return group || fits(object->n, object->type_size, object->stored) || refuse(vet, "claims another length than its data have");
}

static bool vet_object(struct vet *vet, uint64_t address, int depth, bool outside)
{
	struct object object = { .depth = depth, .outside = outside };
	uint8_t *head = read_piece(vet, address, HEAD_MAX); /* no object with a kind is shorter */
	if (head == NULL || depth > DEPTH_MAX)
		return free(head), refuse(vet, "groups are nested too deeply");
	unsigned flags = head[5], width = 1u << (flags & 3), start = 6 + (flags & 32 ? 16 : 0) + (flags & 16 ? 4 : 0) + width;
	struct cursor length_field = { head + start - width, width, false };
	uint64_t length = take(&length_field, width);
	bool good = memcmp(head, "OHDR\2", 5) == 0 && (flags & ~51u) == 0 && length <= vet->size;
	free(head);
	if (!good)
		return refuse(vet, "not an object of the kind that joulerig writes");
	uint8_t *chunk = read_piece(vet, address + start, length + 4);
	good = chunk != NULL && vet_chunk(vet, (struct cursor){ chunk, length, false }, &object);
	free(chunk);
	for (size_t i = 0; good && i < object.n_pieces; i++) /* a piece may add more */
		good = vet_piece(vet, object.pieces[i], &object);
	free(object.pieces);
	return good && vet_kind(vet, &object);
}

/* Version 2, all 8 bytes wide, no extension, not open for writing, as long as the file is. */
static bool vet_superblock(struct vet *vet, uint64_t *root)
{
	static const uint8_t start[] = "\x89HDF\r\n\x1a\n\x02\x08\x08\x00";
	uint8_t *bytes = vet->size < 48 ? NULL : read_piece(vet, 0, 48);
	if (bytes == NULL)
		return refuse(vet, "not an HDF5 file");
	struct cursor rest = { bytes + 12, 32, false };
	bool good = memcmp(bytes, start, 12) == 0 && take(&rest, 8) == 0 && take(&rest, 8) == UNDEFINED;
	bool whole = take(&rest, 8) == vet->size;
	*root = take(&rest, 8);
	free(bytes);
	if (!good)
		return refuse(vet, "not an HDF5 file of the kind that joulerig writes");
	return whole || refuse(vet, "the file was cut short, or something was added");
}

bool h5_vet(int fd, uint64_t size, struct h5_fault *fault)
{
	struct vet vet = { .fd = fd, .size = size, .unvisited = 2 * size, .fault = fault }; /* an object's head is read twice */
	uint64_t root;
	*fault = (struct h5_fault){ .what = NULL };
	return vet_superblock(&vet, &root) && vet_object(&vet, root, 0, false);
}
