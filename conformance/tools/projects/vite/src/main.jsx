import { createRoot } from 'react-dom/client';
import './main.css';

createRoot(document.getElementById('root')).render(<h1>hello</h1>);
