/* folder_tree: removes a folder that a simulation made, with all that is in it. */
#ifndef JOULERIG_TESTS_SIMULATION_FOLDER_TREE_H
#define JOULERIG_TESTS_SIMULATION_FOLDER_TREE_H

/* Links are removed, never followed. What cannot be removed stays. */
void folder_tree_remove(const char *path);

#endif
