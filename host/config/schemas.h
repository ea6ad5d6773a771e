/* schemas: the texts of the schema files in schemas/, built into the program (cmake/embed.cmake). NUL-terminated JSON. */
#ifndef JOULERIG_CONFIG_SCHEMAS_H
#define JOULERIG_CONFIG_SCHEMAS_H

extern const char schema_plan[];
extern const char schema_bench[];
extern const char schema_twin[];
extern const char schema_export[];
extern const char schema_certificate[];
extern const char schema_claims[];
extern const char schema_factors[];
extern const char schema_judged[];

#endif
