package platform

import _ "time/tzdata" // Windows does not know time zones by the names that hosts tell
