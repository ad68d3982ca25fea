/*
 * Patterns of what has a name: vulnerabilities by the request that they need, tools by how they call themselves, pages
 * that scanners look for, web shells.
 */
#include "base/catalog.h"
#include "watch/webattack_pattern.h"

#define PROGRAM "(php[3-7]?|phtml|phar|aspx?|ashx|asmx|jspx?|cfm|cgi|pl|war)"
#define COMMAND_VALUE                                                                                                  \
	"(id|whoami|ls|dir|pwd|uname|hostname|ifconfig|ipconfig|netstat|systeminfo|tasklist|ver|ps|env|set|cat|type|"  \
	"net|wget|curl|"                                                                                               \
	"ping|echo|powershell|cmd|/bin/|nc|find|chmod|python|perl|bash)"

/* The title is a name, the same in every language. */
#define EXPLOIT(id, words, shape)                                                                                      \
	{                                                                                                              \
		id, ATTACK_EXPLOIT, 10, 10, PLACE_TARGET, CONTEXT_NONE, false, false, words, shape                     \
	}
#define EXPLOIT_ANYWHERE(id, words, shape)                                                                             \
	{                                                                                                              \
		id, ATTACK_EXPLOIT, 10, 10, PLACE_ANY, CONTEXT_NONE, false, false, words, shape                        \
	}
#define LOOKS_FOR(id, weight, words, shape)                                                                            \
	{                                                                                                              \
		id, ATTACK_SCANNER, weight, weight, PLACE_TARGET, CONTEXT_NONE, false, true, N_(words), shape          \
	}
#define TOOL(id, words, shape)                                                                                         \
	{                                                                                                              \
		id, ATTACK_SCANNER, 10, 10, PLACE_HEADER, CONTEXT_NONE, false, false, N_(words), shape                 \
	}
#define SHELL(id, weight, words, shape)                                                                                \
	{                                                                                                              \
		id, ATTACK_WEB_SHELL, weight, weight, PLACE_TARGET, CONTEXT_NONE, false, false, N_(words), shape       \
	}

const struct pattern patterns_known[] = {
	EXPLOIT_ANYWHERE(501, "Log4Shell (CVE-2021-44228)",
	    "\\$\\{.{0,60}(jndi ?:|\\$\\{ ?(lower|upper|env|sys|date|main|::-|[^}\\n]{0,20}:-))"),
	EXPLOIT_ANYWHERE(502, "Shellshock (CVE-2014-6271)", "\\( ?\\) ?\\{ ?[^}\\n]{0,12};? ?\\} ?;"),
	EXPLOIT(503, "Spring4Shell (CVE-2022-22965)", "class\\.module\\.classloader|class\\[.?module"),
	EXPLOIT(504, "ProxyShell, ProxyNotShell (CVE-2021-34473, CVE-2022-41040)",
	    "/autodiscover/autodiscover\\.json(\\n|/|\\?).{0,200}@"),
	EXPLOIT(505, "ProxyLogon (CVE-2021-26855)",
	    "^/(owa/auth/[a-z0-9]{1,8}\\.js|ecp/[a-z0-9]{1,8}\\.(js|css)\\n|ecp/proxylogon)"),
	EXPLOIT(506, "Apache HTTP Server 2.4.49 (CVE-2021-41773)",
	    "^/(cgi-bin|icons|assets|static|images)/(\\./|\\.\\./){2}"),
	EXPLOIT(507, "Confluence OGNL (CVE-2022-26134)", "^/(%|\\$)\\{.{4,}"),
	EXPLOIT(508, "Confluence (CVE-2021-26084, CVE-2023-22515)",
	    "^(/[a-z]{2,12})?/(pages/createpage-entervariables\\.action|pages/doenterpagevariables|setup/"
	    "setupadministrator\\.action"
	    "|server-info\\.action\\n.{0,20}bootstrapstatusprovider)"),
	EXPLOIT_ANYWHERE(509, "Struts OGNL (CVE-2017-5638 and others)",
	    "[%$#]\\{.{0,120}(#_memberaccess|#context|ognl|#cmd|#req|@java|processbuilder|multipart/"
	    "form-data)|(redirect|action|"
	    "redirectaction):[$%#]\\{"),
	EXPLOIT(510, "ThinkPHP (CVE-2018-20062)",
	    "invokefunction|think\\\\(app|config|request|template)|_method=__construct"),
	EXPLOIT(511, "PHPUnit (CVE-2017-9841)", "phpunit/(src/)?util/php/eval-stdin\\.php"),
	EXPLOIT(512, "Drupalgeddon 2 (CVE-2018-7600)",
	    "element_parents=.{0,60}#|\\[#(post_render|markup|type|lazy_builder)\\]"),
	EXPLOIT(513, "PHP-CGI arguments (CVE-2012-1823, CVE-2024-4577)",
	    "\\n(-|\\xad) ?[ds]( |.{0,3}(allow_url_include|auto_prepend_file))"),
	EXPLOIT(514, "Citrix ADC (CVE-2019-19781)", "/vpns?/(\\.\\./)?(vpns/|\\.\\.)"),
	EXPLOIT(515, "F5 BIG-IP (CVE-2020-5902, CVE-2022-1388)",
	    "^/tmui/(login\\.jsp/)?.{0,20}\\.\\.;|^/mgmt/tm/util/bash"),
	EXPLOIT(516, "FortiOS SSL VPN (CVE-2018-13379)", "/remote/fgt_lang\\n.{0,40}\\.\\./"),
	EXPLOIT(517, "Pulse Connect Secure (CVE-2019-11510)", "^/dana-na/.{0,80}\\.\\./"),
	EXPLOIT(518, "Ivanti (CVE-2023-46805, CVE-2023-35078)",
	    "/api/v1/totp/user-backup-code/(\\.\\.|.{0,4}%)|^/mifs/aad/api/v2/"),
	EXPLOIT(519, "MOVEit Transfer (CVE-2023-34362)",
	    "^/(moveitisapi/moveitisapi\\.dll\\n.{0,20}action=m2|human2\\.aspx)"),
	EXPLOIT(520, "WebLogic (CVE-2020-14882, CVE-2019-2725, CVE-2017-10271)",
	    "^/console/(css|images|framework)/.{0,20}\\.\\.|^/_async/asyncresponseservice|^/wls-wsat/"),
	EXPLOIT(521, "Laravel Ignition (CVE-2021-3129)", "/_ignition/execute-solution"),
	EXPLOIT(522, "Jenkins (CVE-2018-1000861)", "/descriptorbyname/.{0,80}(securegroovyscript|checkscript)"),
	EXPLOIT(523, "Zimbra (CVE-2022-27925)", "^/service/extension/backup/mboximport"),
	EXPLOIT(524, "VMware (CVE-2021-21972, CVE-2022-22954, CVE-2021-22005)",
	    "^/ui/vropspluginui/rest/services/uploadova|^/catalog-portal/ui/oauth/"
	    "verify\\n.{0,80}(freemarker|\\$\\{)|^/analytics/"
	    "telemetry/ph/api/hyper/send"),
	EXPLOIT(525, "Telerik UI (CVE-2019-18935)",
	    "telerik\\.web\\.ui\\.(webresource\\.axd\\n.{0,40}type=rau|dialoghandler)"),
	EXPLOIT(526, "GeoServer (CVE-2024-36401)", "/geoserver/.{0,200}\\n.{0,400}exec ?\\( ?java"),
	EXPLOIT(527, "routers and cameras that botnets look for",
	    "^/(gponform/diag_form|boaform/|hnap1|goform/"
	    "|setup\\.cgi\\n.{0,80}(cmd|todo)=|shell\\n.{0,20}(cd|wget|curl|busybox)|cgi-"
	    "bin/(luci/;stok=|nobody/|mainfunction\\.cgi|viewlog\\.asp|kerbynet)|sdk/weblanguage|ztp/cgi-bin/handler)"),
	EXPLOIT(528, "WordPress plug-ins",
	    "/wp-content/plugins/wp-file-manager/lib/php/"
	    "connector\\.minimal\\.php|admin-ajax\\.php\\n.{0,80}action=(revslider_show_"
	    "image|duplicator_download).{0,80}(\\.\\./|wp-config)|timthumb\\.php\\n.{0,20}src=https?:"),
	EXPLOIT(529, "Joomla (CVE-2023-23752)", "/api/index\\.php/v1/config/application\\n.{0,20}public=true"),
	EXPLOIT(530, "Cacti (CVE-2022-46169)", "/remote_agent\\.php\\n(.{0,60}\\n)?.{0,60}poller_id=.{0,20}[;|`$]"),
	EXPLOIT(531, "ColdFusion (CVE-2010-2861, CVE-2023-26360)",
	    "^/cfide/.{0,80}\\n.{0,40}locale=.{0,4}\\.\\.|^/cf_scripts/scripts/ajax/.{0,40}\\.cfc"),
	EXPLOIT(532, "SharePoint ToolShell (CVE-2025-53770)", "^/_layouts/1[56]/toolpane\\.aspx"),
	EXPLOIT(533, "Spring Cloud Gateway (CVE-2022-22947)", "^/actuator/gateway/routes/[a-z0-9]"),
	EXPLOIT(534, "vBulletin (CVE-2019-16759)", "widget_php.{0,60}widgetconfig|routestring=ajax/render/widget_"),
	EXPLOIT(535, "Oracle E-Business, Solr, Elasticsearch and Kibana",
	    "/solr/.{0,60}\\n.{0,200}(v\\.template\\.custom|dataconfig=)|/api/console/api_server\\n.{0,80}\\.\\./|/"
	    "_search\\n.{0,200}script"
	    "_fields"),

	TOOL(601, "a tool that attacks or scans, by its own name",
	    "(sqlmap|nikto|wapiti|nmap scripting engine|masscan|gobuster|dirbuster|fuzz faster u "
	    "fool|ffuf|feroxbuster|wfuzz|"
	    "acunetix|nessus|openvas|greenbone|nuclei|arachni|skipfish|w3af|wpscan|joomscan|joomlascan|whatweb|havij|"
	    "commix|"
	    "dirsearch|dirb |jaeles|netsparker|invicti|qualys|burpcollaborator|owasp zap|zaproxy|zgrab|jorgee|morfeus|"
	    "zmeu|l9explore|l9tcpid|webinspect|appscan|vega/"
	    "|paros|xsser|xsstrike|fimap|blackwidow|crlfuzz|gospider|hakrawler|"
	    "httpx - open-source|interactsh|sitelockspider|hydra|medusa v)"),
	TOOL(602, "a research scanner of the whole Internet, by its own name",
	    "(censysinspect|censys\\.io|expanse|palo alto "
	    "networks|internet-measurement\\.com|shodan|binaryedge|netsystemsresearch|"
	    "leakix|onyphe|shadowserver|stretchoid|internettl|odin\\.io|modatscanner)"),
	LOOKS_FOR(610, 5, "a folder of version control", "/\\.(git|svn|hg|bzr|cvs)(/|$|\\n)"),
	LOOKS_FOR(611, 5, "a file of secrets",
	    "/(\\.env([.~_][a-z0-9._-]{0,20})?|\\.aws/"
	    "credentials|\\.htpasswd|id_(rsa|dsa|ecdsa|ed25519)|wp-config\\.php[.~_][^\\n]{0,10}"
	    "|config\\.php[.~][^\\n]{0,10}|web\\.config|credentials(\\.json|\\.txt)?|secrets?\\.(json|ya?ml|txt)|\\."
	    "npmrc|\\.pgpass|"
	    "\\.bash_history|\\.ssh/[^\\n]{0,20}|\\.docker/config\\.json|\\.kube/config)($|\\n)"),
	LOOKS_FOR(612, 4, "a dump or backup",
	    "/[^\\n/]{0,40}(backup|dump|database|db|site|www|htdocs|mysql|sql)[^\\n/"
	    "]{0,12}\\.(sql|zip|tar|gz|tgz|bak|rar|7z)(\\.gz)?($|"
	    "\\n)|/[^\\n/]{1,60}\\.(php|asp|aspx|jsp|html|conf|cfg|ini)(\\.(bak|old|orig|save|swp)|~)($|\\n)"),
	LOOKS_FOR(613, 4, "a page of administration or of state",
	    "^/(phpmyadmin|pma|myadmin|phppgadmin|adminer[^\\n/]{0,20}\\.php|manager/"
	    "html|host-manager|jmx-console|web-console|"
	    "server-status|server-info|phpinfo\\.php|info\\.php|actuator/(env|heapdump|mappings|configprops)|solr/"
	    "admin|_cat/|"
	    "\\.ds_store|cgi-bin/test-cgi|cgi-bin/printenv|elmah\\.axd|trace\\.axd|console/login|druid/index|nacos/"
	    "|telescope/"
	    "requests|debug/pprof|v2/_catalog|_profiler|wp-admin/setup-config\\.php|xmlrpc\\.php\\n|rest/api/latest)"),
	LOOKS_FOR(614, 10, "a page that only a tool asks for",
	    "/(nmaplowercheck|nmapuppercheck|nice "
	    "ports,/tri|nessus[-_]|nikto-test|acunetix-wvs|appscan_fingerprint|wapiti|"
	    "evox/about|sdk$|openvas)"),

	SHELL(701, 10, "a command as a parameter of a program",
	    "\\." PROGRAM "(/"
	    "[^\\n]{0,60})?\\n([^\\n]{0,200}\\n){0,4}(cmd|exec|command|shell|execute|run|c|x|e|0|pass|"
	    "code|ev|a|p)=" COMMAND_VALUE "( |$|\\n|;|/)"),
	SHELL(702, 5, "the name of a known web shell",
	    "/(c99|r57|wso[0-9.]{0,5}|b374k|alfa|aspxspy|regeorg|weevely|antsword|godzilla|behinder|jspspy|phpspy|"
	    "filesman|mini_?"
	    "shell|web_?shell|shell|cmd|backdoor|indoxploit|priv8|gel4y|marijuana|sh3ll|0byte|r00t|c100|locus7|simple-"
	    "backdoor|"
	    "chopper|tunnel\\.nosocket)[0-9a-z_-]{0,12}\\." PROGRAM "($|\\n|/)"),
	SHELL(703, 3, "a program in a folder of uploads",
	    "/(uploads?|userfiles|attachments?|avatars?|media|images?|img|files?|tmp|temp|cache)/([^\\n/]{1,60}/"
	    "){0,6}[^\\n/]{1,80}\\." PROGRAM "($|\\n|/)"),
};
const size_t patterns_known_count = sizeof patterns_known / sizeof *patterns_known;
