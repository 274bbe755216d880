const { runAsWorker } = require('synckit');
runAsWorker(async (text) => { await new Promise((resolve) => setTimeout(resolve, 20)); return text.toUpperCase(); });
