/*
 * Patterns of injection: SQL, scripts, paths, commands and code.
 */
#include "base/catalog.h"
#include "watch/webattack_pattern.h"

/* A literal of SQL, whole or (at the end) begun. */
#define LITERAL "('[^'\\n]{0,30}'|\"[^\"\\n]{0,30}\"|-?[0-9][0-9.]{0,12}|0x[0-9a-f]{1,16})"
#define LITERAL_BEGUN "('|\"|-?[0-9]|0x)"
#define AND_OR "(and|or|xor|having|where|rlike|&&|\\|\\|)"
#define SCRIPT_CALL                                                                                                    \
	"(alert|prompt|confirm|eval|fetch|settimeout|import|atob|document|window|location|string|this|top|self)"
#define PHP_CALL                                                                                                       \
	"(system|exec|shell_exec|passthru|popen|proc_open|pcntl_exec|assert|eval|phpinfo|call_user_func|create_"       \
	"function|file_get_"                                                                                           \
	"contents|file_put_contents|base64_decode|print_r|var_dump)"
#define SEPARATOR "[;|&`]"
#define FOLDER "(/[a-z/]{1,20}/)?"
#define ENDS "( ?$|\\n| ?[;|&`#)'\"])"

#define S(id, weight, alone, words, shape)                                                                             \
	{                                                                                                              \
		id, ATTACK_SQL, weight, alone, PLACE_ANY, CONTEXT_BREAKS_OUT, false, false, N_(words), shape           \
	}
#define INFERENCE(id, weight, alone, words, shape)                                                                     \
	{                                                                                                              \
		id, ATTACK_SQL, weight, alone, PLACE_ANY, CONTEXT_BREAKS_OUT, true, false, N_(words), shape            \
	}
#define P(id, attack, weight, words, shape)                                                                            \
	{                                                                                                              \
		id, attack, weight, weight, PLACE_ANY, CONTEXT_NONE, false, false, N_(words), shape                    \
	}
#define FILE_OF_SYSTEM(id, weight, words, shape)                                                                       \
	{                                                                                                              \
		id, ATTACK_TRAVERSAL, weight, weight, PLACE_ANY, CONTEXT_NONE, false, true, N_(words), shape           \
	}

const struct pattern patterns_injection[] = {
	S(101, 10, 4, "UNION SELECT",
	    "union[ (/]{1,4}(all |distinct |all ?\\(|distinctrow )?[ (]{0,4}select[ ('\"@0-9-]"),
	INFERENCE(102, 10, 1, "a condition that is always true or always false",
	    AND_OR "[ (!~+-]{0,4}(not )?[ (]{0,4}" LITERAL
		   "[ )]{0,4}(=|<>|!=|<=?|>=?|like|<=>|in|between|regexp|rlike)[ (]{0,3}" LITERAL_BEGUN),
	INFERENCE(103, 10, 2, "a query or function of a database within a condition",
	    "(" AND_OR
	    "|,|=|-|\\+|\\(|\\*)[ (!~]{0,4}(not )?[ (]{0,3}(select |\\(select |if ?\\(|case when|exists ?\\(|ascii ?"
	    "\\(|ord ?\\(|substr(ing)? ?\\(|mid ?\\(|char_length ?\\(|elt ?\\(|make_set ?\\(|row ?\\(|iif ?\\(|unicode "
	    "?\\()"),
	S(104, 10, 1, "a second statement",
	    "; ?(select |insert into|update [a-z0-9_.]{1,40} set|delete from|drop (table|database)|create |alter "
	    "|exec(ute)?[ "
	    "(]|declare @|shutdown|truncate |begin |call |if ?\\()"),
	S(105, 10, 3, "tables that describe the database",
	    "from [a-z0-9_. "
	    "`\\[\"]{0,20}(information_schema|sysobjects|sys\\.|sqlite_master|pg_catalog|pg_shadow|all_tables|"
	    "user_tables|mysql\\.|rdb\\$|sysmaster|syscat|msysaccessobjects|sysibm)"),
	INFERENCE(106, 10, 1, "a function that makes the database wait",
	    "(pg_sleep|sleep|benchmark|randomblob|receive_message|dbms_lock\\.sleep) ?\\([^)\\n]{1,80}\\)"),
	INFERENCE(107, 10, 3, "WAITFOR DELAY", "waitfor (delay|time) ?['\"(]"),
	S(108, 10, 3, "reading or writing files through the database", "(into (out|dump)file ?['\"(]|load_file ?\\()"),
	S(109, 10, 3, "procedures of the server",
	    "(xp_cmdshell|xp_dirtree|xp_regread|sp_oacreate|sp_executesql|sp_password|utl_http\\.|utl_inaddr\\.|dbms_"
	    "xml|dbms_"
	    "pipe|ctxsys\\.)"),
	P(110, ATTACK_SQL, 10, "a comment that cuts off the rest of the query", "'[ )]{0,4}(-- ?-?|#) ?($|\\n)"),
	S(111, 6, 1, "a comment behind a number", "[0-9][ )]{1,4}(-- ?-?|#) ?($|\\n)"),
	S(112, 10, 1, "ORDER BY a column's number", "(order|group) by [0-9]{1,4} ?(--|#|,|$|\\n)"),
	P(113, ATTACK_SQL, 3, "a quotation mark at the end of a value", "=[^\\n'\"]{1,60}['\"]\\)?($|\\n)"),
	P(114, ATTACK_SQL, 7, "many quotation marks and brackets", "[.,'\"()]{8}"),
	S(115, 10, 3, "text put together from codes",
	    "((char|chr|nchar) ?\\( ?[0-9]{2,3} ?\\) ?(\\|\\||\\+|,|as )|concat ?\\( "
	    "?(0x|char|\\(select|'|select)|0x[67][0-9a-f]{"
	    "7})"),
	S(116, 10, 3, "a function that shows data in an error",
	    "(extractvalue|updatexml|gtid_subset|json_keys|xmltype|polygon|multipoint|geometrycollection) ?\\( "
	    "?(\\(|0x|[0-9])|exp"
	    "\\(~|floor ?\\( ?rand|procedure analyse|convert ?\\( ?(int|numeric)|cast ?\\(.{1,80} as "
	    "(int|numeric|signed|varchar|"
	    "char|nvarchar)"),
	S(117, 6, 1, "what a database says of itself",
	    "(@@(version|hostname|datadir|basedir)|database ?\\( ?\\)|version ?\\( ?\\)|current_user|session_user|user "
	    "?\\( ?\\)"
	    "|sysdate|from dual)"),
	P(118, ATTACK_SQL, 10, "an operator of a document database as a parameter",
	    "\\[\\$(ne|gt|lt|gte|lte|regex|where|in|nin|exists|eq|or)\\]"),
	P(119, ATTACK_SQL, 8, "a filter of LDAP that is closed early", "\\*\\) ?\\( ?[a-z&|]"),
	S(120, 10, 2, "text compared to itself",
	    "['\"] ?(\\|\\||\\+|and|or|like) ?['\"(][^'\"\\n]{0,20}['\"] ?(=|like|<|>|and) ?['\"]"),

	P(121, ATTACK_SQL, 10, "a query as a value",
	    "=\\(+(select|case) (case|when|count|concat|char|chr|\\(|\\*|[0-9]|[a-z0-9_(]{1,30} from )"),

	P(122, ATTACK_SQL, 6, "a quotation mark and a bracket at the end of a value", "['\"]['\"(]{1,3}($|\\n)"),

	P(201, ATTACK_XSS, 10, "a script element that calls something",
	    "<script[^>\\n]{0,100}>?.{0,60}(" SCRIPT_CALL ".{0,20}[(.\\[`=]|fromcharcode|cookie)"),
	P(202, ATTACK_XSS, 10, "a script element from elsewhere", "<script[^>\\n]{0,60}[ /]src ?="),
	P(203, ATTACK_XSS, 10, "an element with an event handler",
	    "<[a-z!?/][^>\\n]{0,200}[ /\"'\\x0c]on[a-z]{3,20} ?= ?[^ \\n]"),
	P(204, ATTACK_XSS, 10, "an attribute that breaks out into an event handler",
	    "[\"'`][ "
	    "/]{0,4}on(error|load|click|dblclick|mouse[a-z]{2,5}|focus(in)?|blur|key[a-z]{2,5}|toggle|start|begin|end|"
	    "animation[a-z]{3,9}|pointer[a-z]{2,9}|wheel|copy|cut|paste|drag[a-z]{0,5}|select|change|submit|reset|"
	    "input) ?= ?"),
	P(205, ATTACK_XSS, 10, "a script as an address",
	    "[=\"'( ;](j ?a ?v ?a|v ?b|live) ?s ?c ?r ?i ?p ?t ?:[^ \\n]{0,80}[(`]"),
	P(206, ATTACK_XSS, 8, "a document as an address", "data:text/html[;,]"),
	P(207, ATTACK_XSS, 3, "an element of HTML",
	    "<(svg|img|iframe|object|embed|body|video|audio|details|marquee|math|link|meta|base|form|input|style|"
	    "isindex|applet|"
	    "script)[ />]"),
	P(208, ATTACK_XSS, 8, "a value that closes its element", "[\"'] {0,2}/?> {0,2}<"),
	P(209, ATTACK_XSS, 6, "the end of an element whose content is text",
	    "</(script|title|textarea|style|noscript|iframe|xmp|noembed)[ >]"),
	P(210, ATTACK_XSS, 3, "a function that shows a message", "(alert|prompt|confirm) ?[(`].{0,40}[)`]"),
	P(211, ATTACK_XSS, 3, "cookie or codes of characters", "(document\\.(cookie|domain)|fromcharcode|srcdoc ?=)"),
	P(212, ATTACK_XSS, 10, "an expression of a template that reaches the constructor", "\\{\\{.{0,80}constructor"),

	P(301, ATTACK_TRAVERSAL, 10, "a path that climbs", "(\\.{2,4}[/\\\\]{1,3}){3}"),
	P(302, ATTACK_TRAVERSAL, 4, "a path that goes up", "(^|[=/\\\\\\n:])\\.\\.[/\\\\]"),
	FILE_OF_SYSTEM(303, 4, "a file of the system",
	    "(etc/(passwd|shadow|group|hosts|services|issue|motd|fstab|crontab|mysql/my\\.cnf|ssh/|apache2/|nginx/"
	    "|httpd/)|proc/"
	    "(self|"
	    "version|cpuinfo)|boot\\.ini|win\\.ini|windows[/\\\\]system32|web-inf[/\\\\]|meta-inf[/\\\\]|var/log/|/"
	    "\\.ssh/|services/"
	    "config|php\\.ini)"),
	FILE_OF_SYSTEM(304, 10, "a file of the system as a value",
	    "(\\n[^=\\n]{1,64}=|\\.\\.[/\\\\]{1,3}|file:/{0,3}|[=/]c:)[\"'/\\\\]{0,4}(etc/"
	    "(passwd|shadow|group|hosts|issue|motd|"
	    "fstab|crontab)|proc/(self|version)|boot\\.ini|win\\.ini|windows[/\\\\](system32|win\\.ini)|web-inf[/"
	    "\\\\]|var/log/)"),
	FILE_OF_SYSTEM(305, 10, "a file of accounts as a path", "^[^\\n]{0,200}etc/(passwd|shadow)"),
	P(306, ATTACK_TRAVERSAL, 10, "an address that reads files or input",
	    "=(php|expect|zip|phar|glob|compress\\.zlib|ogg|rar|ssh2|dict|gopher|jar|netdoc|file):/{1,3}[^ /\n]"),
	P(307, ATTACK_TRAVERSAL, 8, "data as a file", "=data:[^\\n]{0,40}(;base64,|text/plain)"),
	P(308, ATTACK_TRAVERSAL, 10, "a program of another server as a file",
	    "=(https?|ftp|smb)://.{4,200}(\\.(txt|php|gif|jpg|asp|log|dat|inc|cmd)\\?{1,3}($|\\n)|(wapiti|/"
	    "rfi|r57|c99|/shell|/e\\."
	    "php))"),
	P(309, ATTACK_TRAVERSAL, 10, "a NUL in a path or value", "\\x00"),
	P(310, ATTACK_TRAVERSAL, 10, "a path that one server reads otherwise than the next", "\\.\\.;/"),
	P(311, ATTACK_TRAVERSAL, 6, "an address where a file's name belongs",
	    "\\n(file|page|include|inc|path|template|tpl|document|doc|dir|lang|view|content|module|load|read|show|cat)="
	    "(https?|"
	    "ftp)://[^\\n]"),

	P(312, ATTACK_TRAVERSAL, 10, "another stream of a file", "::\\$(data|index_allocation)"),

	P(401, ATTACK_COMMAND, 10, "a command that reads a file",
	    SEPARATOR " ?" FOLDER
		      "(cat|head|tail|more|less|nl|tac|type|strings|od|xxd|base64)( |\\$|<|%)[^\\n]{0,40}[/.\\\\$*?]"),
	P(402, ATTACK_COMMAND, 10, "a command that says where it runs",
	    SEPARATOR " ?" FOLDER "(id|whoami|uname|ifconfig|ipconfig|pwd|env|printenv|hostname|netstat|ps|set|dir|ls|"
		      "ver|systeminfo|tasklist)("
		      " -[a-z]{1,6}| /[a-z?]{0,20})?" ENDS),
	P(403, ATTACK_COMMAND, 10, "a command that fetches something",
	    SEPARATOR " ?" FOLDER "(wget|curl|fetch|tftp|lwp-download|certutil|bitsadmin) .{0,80}(:/|[0-9]\\.[0-9])"),
	P(404, ATTACK_COMMAND, 10, "a command that waits or calls home",
	    "[;|&`(] ?" FOLDER
	    "((sleep|timeout) [0-9/]|ping -|nslookup [^\\n]{0,60}\\.|dig [^\\n]{0,60}\\.|(nc|ncat|socat|telnet) [^\\n"
	    "]{0,40}[0-9])"),
	P(405, ATTACK_COMMAND, 10, "an interpreter",
	    SEPARATOR " ?" FOLDER "(bash|sh|zsh|dash|ksh|python[0-9.]{0,4}|perl|php|ruby|lua|node|powershell|cmd)(\\."
		      "exe)?( -| /c|$|\\n| <| [^\\n]"
		      "{0,40}\\.(sh|py|pl))"),
	P(406, ATTACK_COMMAND, 8, "a command that changes files",
	    SEPARATOR " ?" FOLDER "(rm|chmod|chown|cp|mv|mkfifo|useradd) [-/+0-7]"),
	P(407, ATTACK_COMMAND, 10, "a command within a command",
	    "\\$\\( ?" FOLDER
	    "(id|cat|ls|sleep|ping|wget|curl|whoami|uname|echo|expr|nslookup|printf|bash|sh|env)[ )<]"),
	P(408, ATTACK_COMMAND, 10, "a shell's own variable for a blank", "\\$\\{?ifs"),
	P(409, ATTACK_COMMAND, 5, "the path of a shell",
	    "(/bin/(ba|da|z|k|c|a)?sh|/dev/tcp/|cmd(\\.exe)? ?/[ck] |powershell)"),
	P(410, ATTACK_COMMAND, 4, "output of a command", SEPARATOR " ?(echo|printf|expr|print) "),
	P(411, ATTACK_COMMAND, 8, "a call of PHP", "[^a-z_]" PHP_CALL " ?\\(.{0,120}\\) {0,2};"),
	P(421, ATTACK_COMMAND, 10, "a value that is a call of PHP",
	    "=['\"${; .)]{0,6}@?" PHP_CALL " ?\\(.{0,120}\\) {0,2};"),
	P(422, ATTACK_COMMAND, 10, "a call of PHP that breaks out of a value",
	    "[;.'\"] ?(exit|die|print|echo|md5|var_dump) ?\\(.{0,80}\\) {0,2};? ?(#|//)"),
	{ 423, ATTACK_COMMAND, 10, 0, PLACE_TARGET, CONTEXT_NEWLINE, false, false, N_("a command on a line of its own"),
	    " (id|env|set|ls|cat|whoami|uname|ifconfig|ipconfig|netstat|dir|ver|ping|wget|curl|sleep)( "
	    "[-/][^\\n]{0,40})?( ?;|$|\\n)" },
	P(412, ATTACK_COMMAND, 7, "the beginning of a PHP program", "<\\?(php|=)[ (\"'$a-z]"),
	P(413, ATTACK_COMMAND, 10, "an expression that a template works out",
	    "(\\$\\{@?(print|phpinfo|system|exec|eval|md5|die|php)|\\{\\{ ?['\"0-9]{1,12} ?[*+] ?['\"0-9]{1,12} "
	    "?\\}\\}|[$#@%*]\\{ ?[0-9]"
	    "{1,12} ?\\* ?[0-9]{1,12} ?\\}|<%=? ?[0-9]{1,12} ?\\* ?[0-9]{1,12})"),
	P(414, ATTACK_COMMAND, 8, "the inside of Python", "__(class|globals|import|mro|subclasses|builtins)__"),
	P(415, ATTACK_COMMAND, 10, "the inside of Java",
	    "(java\\.lang\\.(runtime|processbuilder|system|class)|getruntime "
	    "?\\(\\)|t\\(java\\.|freemarker\\.template\\.|objectconstructor"
	    "|#set ?\\(\\$|\\$class\\.inspect|processbuilder ?\\()"),
	P(416, ATTACK_COMMAND, 8, "the inside of Node.js",
	    "(child_process|process\\.mainmodule|global\\.process|__proto__[\\[.])"),
	P(417, ATTACK_COMMAND, 10, "an external entity of XML",
	    "<!(entity|doctype)[^>\\n]{0,200}(system|public) ?[\"']"),
	P(418, ATTACK_COMMAND, 10, "a server-side include", "<!--# ?(exec|include|echo|printenv)"),
	{ 419, ATTACK_COMMAND, 10, 0, PLACE_TARGET, CONTEXT_NEWLINE, false, false, N_("a header put into the answer"),
	    " (set-cookie|content-type|content-length|location|x-[a-z-]{2,20}|http/1\\.[01]) ?[: ]" },
	P(420, ATTACK_COMMAND, 10, "a command of Windows",
	    "[;|&`] ?(net (user|view|localgroup|share)|reg (add|query)|schtasks|wmic |ping -n|dir [a-z]:|type [a-z]:)"),
};
const size_t patterns_injection_count = sizeof patterns_injection / sizeof *patterns_injection;
