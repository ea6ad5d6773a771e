/*
 * log: messages that are neither results nor failures. Layers below cli/ hand them to a sink that cli/ sets once, before any
 * thread starts; without a sink they are dropped. May be called from any thread; never on the sampling path.
 */
#ifndef JOULERIG_CORE_LOG_H
#define JOULERIG_CORE_LOG_H

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING };

typedef void log_sink(enum log_level level, const char *line);

void log_set_sink(log_sink *sink);
void log_say(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
